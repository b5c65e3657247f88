using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// What is on disk, and what must go for want of room. Who goes is chosen by SIEVE (Zhang et al., NSDI 2024): a hand walks from the oldest to the newest and takes the first that nobody
/// has asked for since it came by last. A scan of what is asked for once goes as it came.
/// </summary>
internal sealed class DiskIndex(long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, DiskEntry> _first = [];
    private DiskEntry? _newest;
    private DiskEntry? _oldest;
    private DiskEntry? _hand;
    private DiskEntry? _sweep;
    private long _bytes;
    private int _count;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether anything is there under a key.</summary>
    public bool Has(UInt128 key)
    {
        lock (_lock) return _first.ContainsKey(key);
    }

    /// <summary>What is there under a key. Counts as asking for it.</summary>
    public List<DiskEntry> Find(UInt128 key)
    {
        lock (_lock)
        {
            var found = new List<DiskEntry>();
            for (var entry = _first.GetValueOrDefault(key); entry is not null; entry = entry.Next)
            {
                entry.WasAsked = true;
                found.Add(entry);
            }

            return found;
        }
    }

    /// <summary>What there is of an entry at one moment, for who reads it and then lets the selectors go; none if it is out.</summary>
    public DiskHeld? Hold(DiskEntry entry)
    {
        lock (_lock) return !entry.IsDropped && entry.Cells.Share() is { } cells ? new DiskHeld(cells, entry.Cells, entry.Pending) : null;
    }

    /// <summary>Whether an entry has the selectors that it had then, so that the head in its file is still the one that they belong to.</summary>
    public bool IsAsHeld(DiskEntry entry, in DiskHeld held)
    {
        lock (_lock) return entry.Cells == held.Origin;
    }

    /// <summary>Adds one. Room for it is made elsewhere.</summary>
    public void Add(DiskEntry entry)
    {
        lock (_lock)
        {
            entry.Next = _first.GetValueOrDefault(entry.Key);
            _first[entry.Key] = entry;
            entry.Older = _newest;
            if (_newest is not null) _newest.Newer = entry;
            _newest = entry;
            _oldest ??= entry;
            _bytes += entry.Bytes;
            _count++;
        }
    }

    /// <summary>Takes one out; false if it is out already. Its file is the caller's to delete.</summary>
    public bool Drop(DiskEntry entry)
    {
        lock (_lock) return TryTakeOut(entry);
    }

    /// <summary>Takes out what is under a key and chosen.</summary>
    public void Drop(UInt128 key, Func<DiskEntry, bool> isChosen, List<DiskEntry> dropped)
    {
        lock (_lock)
        {
            for (var entry = _first.GetValueOrDefault(key); entry is not null;)
            {
                var next = entry.Next;
                if (isChosen(entry) && TryTakeOut(entry)) dropped.Add(entry);
                entry = next;
            }
        }
    }

    /// <summary>Counts bytes as taken that no entry has yet, or no more.</summary>
    public void Reserve(long bytes)
    {
        lock (_lock) _bytes += bytes;
    }

    /// <summary>Changes an entry, unless it is out; false then.</summary>
    public bool Change(DiskEntry entry, Action<DiskEntry> change)
    {
        lock (_lock)
        {
            if (entry.IsDropped) return false;
            _bytes -= entry.Bytes;
            change(entry);
            _bytes += entry.Bytes;
            return true;
        }
    }

    /// <summary>Takes out as many as must go so that so many bytes more have room; false if there is none for them at all.</summary>
    public bool MakeRoom(long bytes, List<DiskEntry> dropped)
    {
        lock (_lock)
        {
            while (_bytes + bytes > bytesMax && Victim() is { } victim)
            {
                TryTakeOut(victim);
                dropped.Add(victim);
            }

            return _bytes + bytes <= bytesMax;
        }
    }

    /// <summary>Takes out those of the next few that are chosen, going on where it stopped before. Returns how many it looked at: fewer than asked at the end of a round.</summary>
    public int Sweep(int most, Func<DiskEntry, bool> isChosen, List<DiskEntry> dropped)
    {
        lock (_lock)
        {
            _sweep ??= _oldest;
            for (var seen = 0; seen < most; seen++)
            {
                if (_sweep is not { } entry) return seen;
                _sweep = entry.Newer;
                if (isChosen(entry) && TryTakeOut(entry)) dropped.Add(entry);
            }

            return most;
        }
    }

    private DiskEntry? Victim()
    {
        // Twice round at most: the first time it may be that all were asked for.
        for (var steps = 2 * _count; steps > 0; steps--)
        {
            _hand ??= _oldest;
            if (_hand is not { } entry) return null;
            if (!entry.WasAsked) return entry;
            entry.WasAsked = false;
            _hand = entry.Newer;
        }

        return _oldest;
    }

    private bool TryTakeOut(DiskEntry entry)
    {
        if (entry.IsDropped) return false;
        entry.IsDropped = true;
        if (_hand == entry) _hand = entry.Newer;
        if (_sweep == entry) _sweep = entry.Newer;
        if (entry.Newer is { } newer) newer.Older = entry.Older;
        else _newest = entry.Older;
        if (entry.Older is { } older) older.Newer = entry.Newer;
        else _oldest = entry.Newer;
        Unchain(entry);
        _bytes -= entry.Bytes;
        _count--;
        (entry.Newer, entry.Older, entry.Next, entry.Pending) = (null, null, null, null);
        entry.Cells.Dispose();
        return true;
    }

    private void Unchain(DiskEntry entry)
    {
        var first = _first[entry.Key];
        if (first == entry)
        {
            if (entry.Next is { } next) _first[entry.Key] = next;
            else _first.Remove(entry.Key);
            return;
        }

        while (first.Next != entry) first = first.Next!;
        first.Next = entry.Next;
    }
}

/// <summary>What there was of an entry at one moment.</summary>
/// <param name="Cells">The reader's own hold on its selectors.</param>
/// <param name="Origin">The entry's.</param>
/// <param name="Pending">The answer, if its file is not what it will be.</param>
internal readonly record struct DiskHeld(CellSet Cells, CellSet Origin, CachedAnswer? Pending);
