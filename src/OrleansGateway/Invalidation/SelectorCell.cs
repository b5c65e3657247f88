namespace OrleansGateway.Invalidation;

/// <summary>Whether something stored may be used.</summary>
internal enum Standing : byte
{
    Valid,

    /// <summary>It must be confirmed by the origin first, or may be given as stale where that is allowed.</summary>
    Soft,

    /// <summary>It must not be used.</summary>
    Gone,
}

/// <summary>One selector, and when it was invalidated last. Written under the lock of its tenant, read without.</summary>
internal sealed class SelectorCell(Selector selector)
{
    private long _hard;
    private long _hardBefore;
    private long _soft;

    public Selector Selector => selector;

    /// <summary>Who refers to it. Under the lock of its tenant.</summary>
    public int References { get; set; }

    /// <summary>Last hard and last soft invalidation; 0 for none.</summary>
    public LastInvalidated Last => new(Volatile.Read(ref _hard), Volatile.Read(ref _soft));

    public Standing StandingOf(long fillSeq) =>
        Volatile.Read(ref _hard) > fillSeq ? Standing.Gone : Volatile.Read(ref _soft) > fillSeq ? Standing.Soft : Standing.Valid;

    /// <summary>Whether anything but that one invalidation, a hard one, has touched it after a place that is before it. Under the lock of its tenant.</summary>
    public bool IsTouched(long after, long butBy) => (_hard == butBy ? _hardBefore : _hard) > after || _soft > after;

    public void Mark(in LastInvalidated last)
    {
        if (last.Hard > _hard)
        {
            _hardBefore = _hard;
            Volatile.Write(ref _hard, last.Hard);
        }

        if (last.Soft > _soft) Volatile.Write(ref _soft, last.Soft);
    }
}

/// <summary>Places in the sequence of the last invalidation of each mode; 0 for none.</summary>
internal readonly record struct LastInvalidated(long Hard, long Soft)
{
    public long Seq => Math.Max(Hard, Soft);

    public static LastInvalidated Of(long seq, InvalidationMode mode) => mode == InvalidationMode.Hard ? new(seq, 0) : new(0, seq);

    public LastInvalidated And(in LastInvalidated other) => new(Math.Max(Hard, other.Hard), Math.Max(Soft, other.Soft));
}

/// <summary>The selectors that something stored is to be found by. Disposing of it gives them back, once.</summary>
internal sealed class CellSet(TenantInvalidations owner, SelectorCell[] cells, string url, SeqHolds.Hold hold) : IDisposable
{
    private long _prefixesSeen;
    private int _isOver;

    public ReadOnlySpan<SelectorCell> Cells => cells;

    /// <summary>Host, path and query, for prefixes.</summary>
    public string Url => url;

    /// <summary>The last prefix that it is known not to be concerned by. Lost updates only cost a second look.</summary>
    public long PrefixesSeen
    {
        get => Volatile.Read(ref _prefixesSeen);
        set => Volatile.Write(ref _prefixesSeen, value);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) owner.GiveBack(cells, hold);
    }
}

/// <summary>A fetch that is under way, begun when so much had been applied. Disposing of it ends it; what it brought is interned before that.</summary>
internal sealed class FillTicket(TenantInvalidations owner, long seq, SeqHolds.Hold fill, SeqHolds.Hold hold) : IDisposable
{
    private int _isOver;

    /// <summary>The last invalidation that had been applied when it began.</summary>
    public long Seq => seq;

    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    internal SeqHolds.Hold Hold => hold;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) owner.EndFill(fill, hold);
    }
}
