namespace OrleansGateway.Invalidation;

/// <summary>
/// What has been invalidated of one tenant, in the order of its sequence. Something that was fetched from when <see cref="Applied"/> was n is valid while nothing that selects it has a
/// number above n. Purging a tag writes one number, however much carries it; looking something up reads a few, and takes no lock.
/// </summary>
internal sealed class TenantInvalidations(InvalidationBounds bounds, TableTrust? trust = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Selector, SelectorCell> _cells = [];
    private readonly RecentSelectors _remembered = new();
    private readonly PrefixIndex _prefixes = new();
    private readonly SelectorCell _all = new(Selector.All);
    private readonly SeqHolds _fills = new();
    private readonly SeqHolds _held = new();
    private readonly TableTrust _trust = trust ?? new TableTrust();
    private long _applied;
    private long _lastOfUnknowns;
    private long _forgotten;
    private long _keptFrom;
    private FillTicket? _remembers;

    /// <summary>The last invalidation that has been applied; 0 for none.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Something stored is known to be valid only if its fetch began here or later; for what comes from a disk after a restart.</summary>
    public long KeptFrom => Volatile.Read(ref _keptFrom);

    /// <summary>How many selectors, prefixes and places are held. 0 where nothing is stored and no fetch is under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _cells.Count + _remembered.Count + _prefixes.Count + _held.Count;
        }
    }

    /// <summary>Whether invalidations may have been missed, so that nothing stored can be trusted. Never on one machine.</summary>
    public bool IsSuspect => _trust.IsOver;

    /// <summary>Notes that a fetch begins now, before the origin is asked: what is invalidated from now on is remembered for it.</summary>
    public FillTicket BeginFill()
    {
        lock (_lock) return new FillTicket(this, _applied, _fills.Begin(_applied), _held.Begin(_applied));
    }

    /// <summary>Whether a request that comes now may have what that fetch brings, of which the tags are not known yet, nor looked at what is.</summary>
    public bool MayJoin(FillTicket fill) => Applied == fill.Seq;

    /// <summary>The same, of a fetch whose selectors are known: all of them, or all but tags and groups.</summary>
    public bool MayJoin(FillTicket fill, CellSet known, bool knowsTags) =>
        MayJoin(fill) || ((knowsTags || Volatile.Read(ref _lastOfUnknowns) <= fill.Seq) && Check(known, fill.Seq) == Standing.Valid);

    /// <summary>Holds the selectors of what a fetch has brought, which is not over yet.</summary>
    /// <param name="fill">The fetch.</param>
    /// <param name="host">That the client called; written as <see cref="ClientUrl"/> has it if it is not.</param>
    /// <param name="url">Host, path and query that the client asked for; likewise.</param>
    /// <param name="others">Tags and groups.</param>
    public CellSet Intern(FillTicket fill, string host, string url, IEnumerable<Selector> others)
    {
        var (knownHost, knownUrl) = (ClientUrl.HostOf(host) ?? host, ClientUrl.Of(url) ?? url);
        return Intern(fill, knownUrl, [.. others, new Selector(SelectorKind.Host, knownHost), new Selector(SelectorKind.Url, knownUrl)]);
    }

    /// <summary>The same, of what was interned before with these selectors and this URL, in another process.</summary>
    public CellSet Intern(FillTicket fill, string knownUrl, HashSet<Selector> selectors)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(fill.IsOver, fill);
            SeqHolds.Add(fill.Hold);
            var cells = new SelectorCell[selectors.Count];
            var next = 0;
            foreach (var selector in selectors) cells[next++] = Hold(selector);
            return new CellSet(this, cells, knownUrl, fill.Hold);
        }
    }

    /// <summary>How something stored stands whose fetch began at that place. To be asked at each use.</summary>
    public Standing Check(CellSet set, long fillSeq)
    {
        // Read first: what is invalidated meanwhile is then looked for again the next time.
        var prefixes = _prefixes.Last;
        var standing = _all.StandingOf(fillSeq);
        foreach (var cell in set.Cells)
        {
            if (cell.StandingOf(fillSeq) is var other && other > standing) standing = other;
        }

        if (prefixes <= fillSeq || prefixes <= set.PrefixesSeen) return standing;
        var byPrefix = _prefixes.StandingOf(set.Url, fillSeq);
        if (byPrefix == Standing.Valid) set.PrefixesSeen = prefixes;
        // A prefix forgotten during that look has left its mark for all.
        return (Standing)Math.Max((byte)_all.StandingOf(fillSeq), (byte)(byPrefix > standing ? byPrefix : standing));
    }

    /// <summary>
    /// Whether anything but that one invalidation has touched what a fetch has brought, since the fetch began. For an answer that makes itself what was there before invalid: it is newer
    /// than its own invalidation, and older than any other.
    /// </summary>
    /// <param name="set">Selectors of what the fetch has brought, interned before that invalidation was asked for.</param>
    /// <param name="fillSeq">When it began.</param>
    /// <param name="butBy">Place of that invalidation, of tags, groups or URLs and a hard one, which has been applied.</param>
    public bool IsTouched(CellSet set, long fillSeq, long butBy)
    {
        lock (_lock)
        {
            if (_all.StandingOf(fillSeq) != Standing.Valid || _prefixes.StandingOf(set.Url, fillSeq) != Standing.Valid) return true;
            foreach (var cell in set.Cells)
            {
                if (cell.IsTouched(fillSeq, butBy)) return true;
            }

            return false;
        }
    }

    /// <summary>
    /// Applies the next of the sequence. One that has been applied already changes nothing; false if one before it is missing, and then nothing is changed either.
    /// </summary>
    /// <param name="invalidation">With its number.</param>
    /// <param name="isNext">Whether it is known that none of this tenant is between the last one and it, though there are numbers between.</param>
    public bool Apply(NumberedInvalidation invalidation, bool isNext = false)
    {
        lock (_lock)
        {
            if (invalidation.Seq <= _applied) return true;
            if (!isNext && invalidation.Seq > _applied + 1) return false;
            var last = LastInvalidated.Of(invalidation.Seq, invalidation.Mode);
            foreach (var selector in invalidation.Selectors)
            {
                Mark(selector, last);
                if (selector.Kind == SelectorKind.Url) Mark(Selector.OfAnyQuery(selector.Value), last);
            }

            Volatile.Write(ref _applied, invalidation.Seq);
            return true;
        }
    }

    /// <summary>
    /// After a restart, before anything else: goes on behind the last invalidation there was. The kept ones are the last of the sequence without a gap; what was fetched before them
    /// must not come back. They are remembered until the ticket ends.
    /// </summary>
    public FillTicket Restore(long head, IReadOnlyList<NumberedInvalidation> kept)
    {
        lock (_lock)
        {
            if (_applied != 0 || _held.Count != 0) throw new InvalidOperationException("Only what is new can be restored.");
            var from = kept.Count == 0 ? head : kept[0].Seq - 1;
            Volatile.Write(ref _keptFrom, from);
            Volatile.Write(ref _applied, from);
            var ticket = BeginFill();
            foreach (var invalidation in kept)
            {
                if (!Apply(invalidation)) throw new InvalidOperationException($"Behind {_applied} an invalidation is missing.");
            }

            Volatile.Write(ref _applied, head);
            return ticket;
        }
    }

    /// <summary>
    /// From now on all that is invalidated behind a place is remembered, whether it concerns something here or not: for what others have stored (<see cref="TryIntern"/>).
    /// </summary>
    /// <param name="applied">The last of the sequence that is known to be applied, for a tenant of which nothing was known until now.</param>
    /// <param name="from">The place; nothing of this tenant was invalidated between it and now but what has been applied here.</param>
    public void Remember(long applied, long from)
    {
        lock (_lock)
        {
            Volatile.Write(ref _applied, Math.Max(_applied, applied));
            _remembers ??= new FillTicket(this, from, _fills.Begin(from), _held.Begin(from));
        }
    }

    /// <summary>
    /// Holds the selectors of what was stored elsewhere, by a fetch that began at that place of the same sequence. None if it is too old for it to be known what has been invalidated since.
    /// </summary>
    public CellSet? TryIntern(long fillSeq, string knownUrl, HashSet<Selector> selectors) =>
        _remembers is { } ticket && fillSeq >= ticket.Seq ? Intern(ticket, knownUrl, selectors) : null;

    /// <summary>How many selectors are remembered that nothing here carries.</summary>
    public int Remembered
    {
        get
        {
            lock (_lock) return _remembered.Count;
        }
    }

    /// <summary>Forgets the older half of them: what others stored before that, and nothing here carries, is not taken for valid any more.</summary>
    public void ForgetHalf()
    {
        lock (_lock)
        {
            for (var left = _remembered.Count / 2; left > 0 && _remembered.TryTakeOldest(long.MaxValue, out var oldest); left--) _forgotten = Math.Max(_forgotten, oldest.Last.Seq);
        }
    }

    /// <summary>Holds once more what a set holds; none if it was given back.</summary>
    internal CellSet? Share(CellSet set)
    {
        lock (_lock)
        {
            // Marked as over before it is given back, and that waits for the lock.
            if (set.IsOver) return null;
            SeqHolds.Add(set.Hold);
            foreach (var cell in set.Cells) cell.References++;
            return new CellSet(this, set.Held, set.Url, set.Hold);
        }
    }

    internal void GiveBack(ReadOnlySpan<SelectorCell> cells, SeqHolds.Hold hold)
    {
        lock (_lock)
        {
            foreach (var cell in cells)
            {
                if (--cell.References > 0) continue;
                _cells.Remove(cell.Selector);
                Remember(cell.Selector, cell.Last);
            }

            Release(hold);
        }
    }

    internal void EndFill(SeqHolds.Hold fill, SeqHolds.Hold hold)
    {
        lock (_lock)
        {
            if (_fills.Release(fill))
            {
                var needed = _fills.Oldest ?? long.MaxValue;
                while (_remembered.TryTakeOldest(needed, out _))
                {
                    // No fetch that is under way began before it.
                }
            }

            Release(hold);
        }
    }

    private void Release(SeqHolds.Hold hold)
    {
        if (!_held.Release(hold)) return;
        var needed = _held.Oldest ?? long.MaxValue;
        while (_prefixes.TryForgetOldest(needed, out _))
        {
            // Nothing is older than it.
        }
    }

    private SelectorCell Hold(in Selector selector)
    {
        if (!_cells.TryGetValue(selector, out var cell))
        {
            cell = new SelectorCell(selector);
            cell.Mark(_remembered.Of(selector));
            // It may have been among those.
            cell.Mark(new LastInvalidated(_forgotten, 0));
            _cells.Add(selector, cell);
        }

        cell.References++;
        return cell;
    }

    private void Mark(in Selector selector, in LastInvalidated last)
    {
        if (selector.Kind is SelectorKind.Tag or SelectorKind.Group) Volatile.Write(ref _lastOfUnknowns, last.Seq);
        if (selector.Kind == SelectorKind.All) _all.Mark(last);
        else if (selector.Kind == SelectorKind.Prefix) MarkPrefix(selector, last);
        else if (_cells.TryGetValue(selector, out var cell)) cell.Mark(last);
        else Remember(selector, last);
    }

    private void MarkPrefix(in Selector selector, in LastInvalidated last)
    {
        if (_held.Oldest is not { } oldest || oldest >= last.Seq) return;
        _prefixes.Mark(selector, last);
        // Whatever is older than the one forgotten may be concerned by it. The mark comes first, so that nobody sees neither.
        while (_prefixes.Count > bounds.PrefixesMax)
        {
            _all.Mark(new LastInvalidated(_prefixes.OldestSeq, 0));
            _prefixes.TryForgetOldest(long.MaxValue, out _);
        }
    }

    /// <summary>Only for fetches that began before it: all others find their own.</summary>
    private void Remember(in Selector selector, in LastInvalidated last)
    {
        if (_fills.Oldest is not { } oldest || oldest >= last.Seq) return;
        _remembered.Add(selector, last);
        while (_remembered.Count > bounds.SelectorsMax && _remembered.TryTakeOldest(long.MaxValue, out var forgotten)) _forgotten = Math.Max(_forgotten, forgotten.Last.Seq);
    }
}
