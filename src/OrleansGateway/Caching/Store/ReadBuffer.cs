using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Caching.Store;

/// <summary>
/// Remembers which items were read until somebody has time to look: rings, chosen by thread, that drop what finds no room. A read waits for nobody and allocates
/// nothing; the policy that looks at it can do without some.
/// </summary>
internal sealed class ReadBuffer<T>
    where T : class
{
    private const int Room = 16;

    private readonly Ring[] _rings;

    public ReadBuffer(int threads)
    {
        _rings = new Ring[BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(threads * 4, 4, 256))];
        for (var i = 0; i < _rings.Length; i++) _rings[i] = new Ring();
    }

    /// <summary>Notes a read. Returns whether it is time to <see cref="Drain{TState}"/>.</summary>
    public bool Add(T item) => _rings[(Environment.CurrentManagedThreadId * 0x9E37_79B1u >> 16) & (uint)(_rings.Length - 1)].Add(item);

    /// <summary>Hands on what was read. One thread at a time.</summary>
    public void Drain<TState>(TState state, Action<TState, T> take)
    {
        foreach (var ring in _rings) ring.Drain(state, take);
    }

    private sealed class Ring
    {
        private readonly T?[] _items = new T?[Room];
        private RingEnds _ends;

        public bool Add(T item)
        {
            var tail = Volatile.Read(ref _ends.Tail);
            var used = tail - Volatile.Read(ref _ends.Head);
            if (used >= Room) return true;
            // Another reader was faster: this read is forgotten.
            if (Interlocked.CompareExchange(ref _ends.Tail, tail + 1, tail) != tail) return false;
            Volatile.Write(ref _items[tail & (Room - 1)], item);
            return used == Room - 1;
        }

        public void Drain<TState>(TState state, Action<TState, T> take)
        {
            var (head, tail) = (_ends.Head, Volatile.Read(ref _ends.Tail));
            for (; head < tail; head++)
            {
                // A reader has taken the place and not put anything there yet.
                if (Interlocked.Exchange(ref _items[head & (Room - 1)], null) is not { } item) break;
                take(state, item);
            }

            Volatile.Write(ref _ends.Head, head);
        }
    }
}

/// <summary>Head and tail of a ring, apart from each other: one is written by readers, the other by who drains.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct RingEnds
{
    [FieldOffset(64)]
    public long Head;

    [FieldOffset(128)]
    public long Tail;
}
