using System.Collections.Concurrent;

namespace OrleansGateway.Caching.Store;

/// <summary>
/// Holds as much as its bytes allow, and keeps what is asked for often rather than what was asked for last: W-TinyLFU (a small window for what is new, a main part
/// in two segments, and a sketch of how often a key is asked for, which decides who stays). A scan of things asked for once cannot empty it. Reads take no lock and
/// allocate nothing; changes take one short lock.
/// </summary>
internal sealed class MemoryStore<TKey, TValue>
    where TKey : notnull
    where TValue : class, IStored
{
    /// <summary>What an item costs besides its value: node, place in the index, and its share of the sketch.</summary>
    public const int BytesPerItem = 200;

    // A window of 1 % and a protected part of 80 % of the rest, as in the paper, serve most traces.
    private const int WindowPercent = 1;
    private const int ProtectedPercent = 80;

    private readonly ConcurrentDictionary<TKey, StoreNode<TKey, TValue>> _index = new();
    private readonly StoreQueue<TKey, TValue> _window = new(StorePart.Window);
    private readonly StoreQueue<TKey, TValue> _probation = new(StorePart.Probation);
    private readonly StoreQueue<TKey, TValue> _protected = new(StorePart.Protected);
    private readonly ReadBuffer<StoreNode<TKey, TValue>> _reads = new(Environment.ProcessorCount);
    private readonly FrequencySketch _sketch;
    private readonly Random _random;
    private readonly Action<TKey, TValue, int>? _evicted;
    private readonly Lock _lock = new();
    private readonly Lock _sweeping = new();
    private IEnumerator<KeyValuePair<TKey, StoreNode<TKey, TValue>>>? _sweep;
    private long _bytes;
    private long _evictions;

    /// <param name="bytesMax">Most bytes that it may take.</param>
    /// <param name="random">Lets in one of many that would lose, so that nobody can keep others out by knowing the hash.</param>
    /// <param name="evicted">Told what goes for want of room, and how often it was asked for of late, before it has gone. Under the lock: quick.</param>
    public MemoryStore(long bytesMax, Random random, Action<TKey, TValue, int>? evicted = null)
    {
        (BytesMax, _random, _evicted) = (bytesMax, random, evicted);
        // A word for each item of 2 KiB: 0.4 % of the bytes.
        _sketch = new FrequencySketch((int)Math.Clamp(bytesMax / 2048, 256, 1 << 22));
    }

    public long BytesMax { get; }

    /// <summary>Bytes taken.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => _index.Count;

    /// <summary>How many had to go for want of room.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>What is stored under a key; none if nothing is.</summary>
    public TValue? Find(in TKey key)
    {
        if (!_index.TryGetValue(key, out var node)) return null;
        if (_reads.Add(node)) TryLookAtReads();
        return node.Value;
    }

    /// <summary>The same, without counting as a read.</summary>
    public TValue? Peek(in TKey key) => _index.TryGetValue(key, out var node) ? node.Value : null;

    /// <summary>
    /// Changes what is stored under a key, in one step that no other change comes between. What finds no room is let go at once.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="state">Handed on to <paramref name="change"/>.</param>
    /// <param name="change">Given what is stored, none if nothing is, returns what is to be stored, none for nothing. Quick, and takes no lock.</param>
    public void Change<TState>(in TKey key, TState state, Func<TValue?, TState, TValue?> change)
    {
        lock (_lock)
        {
            LookAtReads();
            var node = _index.GetValueOrDefault(key);
            var (before, after) = (node?.Value, change(node?.Value, state));
            if (ReferenceEquals(before, after)) return;
            if (after is null) Remove(node!);
            else if (node is null) Add(new StoreNode<TKey, TValue>(key, key.GetHashCode(), after, after.Bytes + BytesPerItem));
            else Replace(node, after);
            MakeRoom();
        }
    }

    /// <summary>Stores a value, in place of what is there.</summary>
    public void Put(in TKey key, TValue value) => Change(key, value, static (_, value) => value);

    /// <summary>Takes out what is stored under a key, if it is this.</summary>
    public void Remove(in TKey key, TValue value) => Change(key, value, static (now, value) => ReferenceEquals(now, value) ? null : now);

    /// <summary>
    /// Looks at some items, going on where it stopped before, and changes those that are of no more use. Returns how many it looked at: fewer than asked at the
    /// end of a round, and none while another sweeps.
    /// </summary>
    public int Sweep<TState>(int most, TState state, Func<TValue, TState, bool> isSpent, Func<TValue?, TState, TValue?> change)
    {
        // A timer that is late, after the program stood still say, calls on two threads at once.
        if (!_sweeping.TryEnter()) return 0;
        try
        {
            return SweepAlone(most, state, isSpent, change);
        }
        finally
        {
            _sweeping.Exit();
        }
    }

    private int SweepAlone<TState>(int most, TState state, Func<TValue, TState, bool> isSpent, Func<TValue?, TState, TValue?> change)
    {
        _sweep ??= _index.GetEnumerator();
        for (var seen = 0; seen < most; seen++)
        {
            if (!_sweep.MoveNext())
            {
                _sweep.Dispose();
                _sweep = null;
                return seen;
            }

            if (isSpent(_sweep.Current.Value.Value, state)) Change(_sweep.Current.Key, state, change);
        }

        return most;
    }

    /// <summary>All that is stored, and how often it was asked for of late. What changes meanwhile may be there or not.</summary>
    public IEnumerable<(TKey Key, TValue Value, int Asks)> Everything()
    {
        foreach (var (key, node) in _index) yield return (key, node.Value, _sketch.Count(node.Hash));
    }

    private void TryLookAtReads()
    {
        if (!_lock.TryEnter()) return;
        try
        {
            LookAtReads();
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void LookAtReads() => _reads.Drain(this, static (store, node) => store.WasRead(node));

    private void WasRead(StoreNode<TKey, TValue> node)
    {
        _sketch.Add(node.Hash);
        switch (node.Part)
        {
            case StorePart.Window:
                _window.Touch(node);
                break;
            case StorePart.Protected:
                _protected.Touch(node);
                break;
            case StorePart.Probation:
                _probation.Remove(node);
                _protected.Add(node);
                while (_protected.Bytes > ProtectedMax && _protected.Oldest is { } oldest) Move(oldest, _protected, _probation);
                break;
        }
    }

    private long WindowMax => BytesMax * WindowPercent / 100;

    private long ProtectedMax => (BytesMax - WindowMax) * ProtectedPercent / 100;

    private static void Move(StoreNode<TKey, TValue> node, StoreQueue<TKey, TValue> from, StoreQueue<TKey, TValue> to)
    {
        from.Remove(node);
        to.Add(node);
    }

    private void Add(StoreNode<TKey, TValue> node)
    {
        _sketch.Add(node.Hash);
        _index[node.Key] = node;
        _window.Add(node);
        _bytes += node.Bytes;
    }

    private void Replace(StoreNode<TKey, TValue> node, TValue value)
    {
        var (before, bytes) = (node.Value, value.Bytes + BytesPerItem);
        _bytes += bytes - node.Bytes;
        QueueOf(node).Resize(node, bytes);
        node.Value = value;
        before.Left(value);
        WasRead(node);
    }

    private void Remove(StoreNode<TKey, TValue> node)
    {
        QueueOf(node).Remove(node);
        _index.TryRemove(node.Key, out _);
        _bytes -= node.Bytes;
        node.Value.Left(successor: null);
    }

    /// <summary>What overflows the window stands for the main part; if that is full, it or the one there that was not used for longest goes: who was asked for less.</summary>
    private void MakeRoom()
    {
        while (_window.Bytes > WindowMax && _window.Oldest is { } candidate)
        {
            Move(candidate, _window, _probation);
            while (_bytes > BytesMax && candidate.Part != StorePart.None) Evict(Loser(candidate));
        }

        while (_bytes > BytesMax && (_probation.Oldest ?? _protected.Oldest ?? _window.Oldest) is { } oldest) Evict(oldest);
    }

    private StoreNode<TKey, TValue> Loser(StoreNode<TKey, TValue> candidate)
    {
        // One that fills the store must not push out all there is, one after the other.
        if (candidate.Bytes > BytesMax - WindowMax) return candidate;
        var victim = _probation.Oldest == candidate ? _protected.Oldest : _probation.Oldest;
        return victim is null || !IsBetter(candidate, victim) ? candidate : victim;
    }

    private bool IsBetter(StoreNode<TKey, TValue> candidate, StoreNode<TKey, TValue> victim)
    {
        var (asks, others) = (_sketch.Count(candidate.Hash), _sketch.Count(victim.Hash));
        return asks > others || (asks >= 6 && _random.Next(128) == 0);
    }

    private void Evict(StoreNode<TKey, TValue> node)
    {
        _evictions++;
        _evicted?.Invoke(node.Key, node.Value, _sketch.Count(node.Hash));
        Remove(node);
    }

    private StoreQueue<TKey, TValue> QueueOf(StoreNode<TKey, TValue> node) => node.Part switch
    {
        StorePart.Window => _window,
        StorePart.Probation => _probation,
        _ => _protected,
    };
}
