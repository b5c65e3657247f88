using System.Collections.Concurrent;

namespace OrleansGateway.Invalidation;

/// <summary>
/// Prefixes that were invalidated. Changed under the lock of the tenant, looked through without: once for each length that one of them has, not for each of them.
/// </summary>
internal sealed class PrefixIndex
{
    private readonly ConcurrentDictionary<string, SelectorCell> _cells = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SelectorCell>.AlternateLookup<ReadOnlySpan<char>> _byStart;
    private readonly RecentSelectors _inOrder = new();
    private readonly SortedDictionary<int, int> _lengthCounts = [];
    private volatile int[] _lengths = [];
    private long _last;

    public PrefixIndex() => _byStart = _cells.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The last invalidation of any prefix; 0 for none.</summary>
    public long Last => Volatile.Read(ref _last);

    public int Count => _inOrder.Count;

    /// <summary>Last invalidation of the one that <see cref="TryForgetOldest"/> takes next; 0 for none.</summary>
    public long OldestSeq => _inOrder.OldestSeq;

    public void Mark(in Selector prefix, in LastInvalidated last)
    {
        var isNew = !_cells.TryGetValue(prefix.Value, out var cell);
        cell ??= new SelectorCell(prefix);
        cell.Mark(last);
        if (isNew)
        {
            _cells[prefix.Value] = cell;
            CountLength(prefix.Value.Length, 1);
        }

        _inOrder.Add(prefix, last);
        Volatile.Write(ref _last, Math.Max(_last, last.Seq));
    }

    /// <summary>How something stored stands by prefixes alone.</summary>
    public Standing StandingOf(ReadOnlySpan<char> url, long fillSeq)
    {
        var standing = Standing.Valid;
        foreach (var length in _lengths)
        {
            if (length > url.Length) break;
            if (_byStart.TryGetValue(url[..length], out var cell) && cell.StandingOf(fillSeq) is var other && other > standing) standing = other;
        }

        return standing;
    }

    /// <summary>Forgets the oldest if its last invalidation is not behind that place.</summary>
    public bool TryForgetOldest(long notBehind, out LastInvalidated last)
    {
        var isOver = _inOrder.TryTakeOldest(notBehind, out var oldest);
        last = oldest.Last;
        if (!isOver) return false;
        _cells.TryRemove(oldest.Selector.Value, out _);
        CountLength(oldest.Selector.Value.Length, -1);
        return true;
    }

    private void CountLength(int length, int change)
    {
        var count = _lengthCounts.GetValueOrDefault(length) + change;
        if (count == 0) _lengthCounts.Remove(length);
        else _lengthCounts[length] = count;
        if (count == 0 || (count == 1 && change == 1)) _lengths = [.. _lengthCounts.Keys];
    }
}
