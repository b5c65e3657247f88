namespace OrleansGateway.Invalidation;

/// <summary>Whether something stored may be used.</summary>
internal enum Standing : byte
{
    Valid,

    /// <summary>It must be confirmed first.</summary>
    Soft,

    /// <summary>It must not be used.</summary>
    Gone,
}

/// <summary>One selector, and when it was invalidated last.</summary>
internal sealed class SelectorCell(Selector selector)
{
    public Selector Selector => selector;

    /// <summary>Who refers to it. Under the lock of its tenant.</summary>
    public int References { get; set; }

    public long Hard;
    public long Soft;
}

/// <summary>The selectors that something stored is to be found by. Disposing of it gives them back, once.</summary>
internal sealed class CellSet(TenantInvalidations owner, SelectorCell[] cells, string url) : IDisposable
{
    private int _isOver;

    public ReadOnlySpan<SelectorCell> Cells => cells;

    /// <summary>Host, path and query, for prefixes.</summary>
    public string Url => url;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) owner.GiveBack(cells);
    }
}

/// <summary>A fetch that is under way, begun when so much had been applied. Disposing of it ends it.</summary>
internal sealed class FillTicket(TenantInvalidations owner, long seq) : IDisposable
{
    private int _isOver;

    public long Seq => seq;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) owner.EndFill();
    }
}

/// <summary>
/// What has been invalidated of one tenant, in the order of its sequence. Something that was fetched from when <see cref="Applied"/> was n is valid while nothing that selects it
/// has a number above n.
/// </summary>
internal sealed class TenantInvalidations
{
    private const int RememberedMax = 10_000;
    private const int PrefixesMax = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<Selector, SelectorCell> _cells = [];
    private readonly Dictionary<Selector, (long Hard, long Soft)> _remembered = [];
    private readonly SelectorCell _all = new(new Selector(SelectorKind.All, ""));
    private volatile SelectorCell[] _prefixes = [];
    private long _prefixSeq;
    private long _applied;
    private int _fills;

    public long Applied => Volatile.Read(ref _applied);

    /// <summary>How many selectors are held.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _cells.Count + _remembered.Count;
        }
    }

    /// <summary>Notes that a fetch begins now: what is invalidated from now on is remembered for it.</summary>
    public FillTicket BeginFill()
    {
        lock (_lock)
        {
            _fills++;
            return new FillTicket(this, _applied);
        }
    }

    /// <summary>Whether a request that comes now may have what a fetch begun at that number brings, of which the tags are not known yet.</summary>
    public bool MayJoin(FillTicket fill) => Applied == fill.Seq;

    /// <summary>Holds the selectors of something stored.</summary>
    public CellSet Intern(string host, string url, IEnumerable<Selector> others)
    {
        lock (_lock)
        {
            var selectors = others.Append(new Selector(SelectorKind.Host, host)).Append(new Selector(SelectorKind.Url, url)).Distinct().ToArray();
            return new CellSet(this, [.. selectors.Select(Hold)], url);
        }
    }

    public Standing Check(CellSet set, long fillSeq)
    {
        var standing = StandingOf(_all, fillSeq);
        foreach (var cell in set.Cells)
        {
            if (StandingOf(cell, fillSeq) is var other && other > standing) standing = other;
        }

        if (Volatile.Read(ref _prefixSeq) <= fillSeq) return standing;
        foreach (var prefix in _prefixes)
        {
            if (set.Url.StartsWith(prefix.Selector.Value, StringComparison.Ordinal) && StandingOf(prefix, fillSeq) is var other && other > standing) standing = other;
        }

        return standing;
    }

    /// <summary>Applies the next of the sequence.</summary>
    public void Apply(Invalidation invalidation)
    {
        lock (_lock)
        {
            if (invalidation.Seq <= _applied) return;
            foreach (var selector in invalidation.Selectors) Apply(selector, invalidation.Seq, invalidation.Mode);
            Volatile.Write(ref _applied, invalidation.Seq);
        }
    }

    internal void GiveBack(ReadOnlySpan<SelectorCell> cells)
    {
        lock (_lock)
        {
            foreach (var cell in cells)
            {
                if (--cell.References > 0) continue;
                _cells.Remove(cell.Selector);
                if (_fills > 0) Remember(cell.Selector, cell.Hard, cell.Soft);
            }
        }
    }

    internal void EndFill()
    {
        lock (_lock)
        {
            if (--_fills == 0) _remembered.Clear();
        }
    }

    private SelectorCell Hold(Selector selector)
    {
        if (!_cells.TryGetValue(selector, out var cell))
        {
            cell = new SelectorCell(selector);
            if (_remembered.TryGetValue(selector, out var last)) (cell.Hard, cell.Soft) = last;
            _cells.Add(selector, cell);
        }

        cell.References++;
        return cell;
    }

    private void Apply(Selector selector, long seq, InvalidationMode mode)
    {
        if (selector.Kind == SelectorKind.All) Mark(_all, seq, mode);
        else if (selector.Kind == SelectorKind.Prefix) ApplyPrefix(selector, seq, mode);
        else if (_cells.TryGetValue(selector, out var cell)) Mark(cell, seq, mode);
        else if (_fills > 0) Remember(selector, mode == InvalidationMode.Hard ? seq : 0, mode == InvalidationMode.Soft ? seq : 0);
    }

    private void ApplyPrefix(Selector selector, long seq, InvalidationMode mode)
    {
        var cell = Array.Find(_prefixes, known => known.Selector == selector);
        // Too many to look through at each lookup: then all is invalid, once.
        if (cell is null && _prefixes.Length >= PrefixesMax)
        {
            Mark(_all, seq, InvalidationMode.Hard);
            _prefixes = [];
            return;
        }

        if (cell is null) _prefixes = [.. _prefixes, cell = new SelectorCell(selector)];
        Mark(cell, seq, mode);
        Volatile.Write(ref _prefixSeq, seq);
    }

    private void Remember(Selector selector, long hard, long soft)
    {
        if (hard == 0 && soft == 0) return;
        if (_remembered.Count >= RememberedMax)
        {
            Mark(_all, _applied + 1, InvalidationMode.Hard);
            _remembered.Clear();
        }

        var (before, softBefore) = _remembered.GetValueOrDefault(selector);
        _remembered[selector] = (Math.Max(before, hard), Math.Max(softBefore, soft));
    }

    private static void Mark(SelectorCell cell, long seq, InvalidationMode mode)
    {
        if (mode == InvalidationMode.Hard) Volatile.Write(ref cell.Hard, Math.Max(cell.Hard, seq));
        else Volatile.Write(ref cell.Soft, Math.Max(cell.Soft, seq));
    }

    private static Standing StandingOf(SelectorCell cell, long fillSeq) =>
        Volatile.Read(ref cell.Hard) > fillSeq ? Standing.Gone : Volatile.Read(ref cell.Soft) > fillSeq ? Standing.Soft : Standing.Valid;
}
