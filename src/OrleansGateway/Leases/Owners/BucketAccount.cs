namespace OrleansGateway.Leases.Owners;

/// <summary>
/// An allowance that refills steadily, kept by the Φ-rule: level + what is out ≤ limit, always. Refilling only goes up to the limit less what is out; what expires is burned. So
/// what all edges admit in any time t is at most limit + rate · t, whatever the network does.
/// </summary>
internal sealed class BucketAccount : OwnerAccount
{
    private readonly OwnerStart _start;
    private long _level;
    private long _rest;
    private long _waived;
    private Promises? _promises;
    private TimeSpan _at;
    private bool _hasPhantom;
    private long _phantom;

    /// <param name="id">Which.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="start">How it is handed out, when the core began, and whether others may hold leases.</param>
    /// <param name="saved">Level that a clean stop saved; null if none did.</param>
    /// <param name="savedOut">What edges had then, if others may hold leases.</param>
    public BucketAccount(AccountId id, AccountSpec spec, OwnerStart start, long? saved, long savedOut)
        : base(id, spec)
    {
        _start = start;
        _hasPhantom = start.MayOthersHold;
        _phantom = saved is null ? long.MaxValue : savedOut;
        _at = start.EmptyAt > start.At.Monotonic ? start.EmptyAt : start.At.Monotonic;
        Reserves = Reserves.For(spec);
        _level = saved is { } level ? Math.Min(level, spec.Limit) : 0;
        if (saved is not null) _at = start.SavedAt;
        else if (!_hasPhantom) FillSince(start.EmptyAt);
        Reserves?.Fill(_level);
    }

    public override long Level => _level;

    public override long Phantom => _hasPhantom ? Math.Min(_phantom, Limit) : 0;

    public override bool IsWhole => Leases is null && _level >= Limit;

    private Refill Rate => new(Spec.Refill, Spec.Time.Ticks);

    private long Cap => Limit - Out - Phantom + (_promises is null ? 0 : _promises.Released - _promises.Orphaned);

    public override void Advance(in OwnerTime now)
    {
        if (_hasPhantom && _start.PhantomEnd <= now.Monotonic)
        {
            ExpireUntil(_start.PhantomEnd);
            FillTo(_start.PhantomEnd);
            _hasPhantom = false;
        }

        ExpireUntil(now.Monotonic);
        FillTo(now.Monotonic);
    }

    public override TimeSpan LifetimeFrom(in OwnerTime now) => _start.Settings.LeaseLifetime;

    public override Verdict WhenFree(long units, in OwnerTime now)
    {
        var (level, rest, at, cap) = (_level, _rest, now.Monotonic, Cap);
        var events = Out > 0 || Phantom > 0 || _promises is not null ? Events() : [];
        foreach (var (expiry, freed) in events)
        {
            if (units <= cap && Rate.TimeFor(units - level, rest) is var wait && wait <= expiry - at) return When(at + wait - now.Monotonic);
            level = Rate.Fill(level, expiry - at, cap, ref rest);
            at = expiry;
            cap += freed;
        }

        var last = Rate.TimeFor(units - level, rest);
        return last == TimeSpan.MaxValue ? Verdict.NotNow(_start.Settings.UnknownDelay) : When(at + last - now.Monotonic);
    }

    /// <summary>Grants now what may be used after a delay, as <see cref="WhenFree"/> said: the level owes it.</summary>
    public void Promise(OwnerLease lease, long units, TimeSpan delay, in OwnerTime now)
    {
        _promises ??= new Promises();
        _promises.Add(lease, units, now.Monotonic + delay);
        Grant(lease, units, now);
    }

    public override void Respec(AccountSpec spec, in OwnerTime now)
    {
        // What has come back until now came at the old rate.
        Advance(now);
        if (spec.Time != Spec.Time) _rest = 0;
        var more = spec.Limit - Spec.Limit;
        Spec = spec;
        // Where all may be out, nothing is known that the change could be added to.
        if (!_hasPhantom || _phantom < long.MaxValue) Shift(more);
        Reserves = Reserves.For(spec);
        Reserves?.Fill(_level);
        FillTo(now.Monotonic);
    }

    public override void Adopt(long used, in OwnerTime now)
    {
        _at = now.Monotonic;
        _level = Math.Min(Limit, Cap);
        _rest = 0;
        Shift(-used);
    }

    public override TimeSpan ResetAfter(in OwnerTime now)
    {
        var time = Rate.TimeFor(Limit - _level, _rest);
        return time == TimeSpan.MaxValue ? TimeSpan.Zero : time;
    }

    protected override void OnGranted(OwnerLease lease, long units) => _level -= units;

    protected override void OnUndone(OwnerLease lease, long units)
    {
        _level += units;
        _promises?.Returned(lease, units);
        Trim();
    }

    protected override void OnSpent(OwnerLease lease, long units, in OwnerTime now) => _promises?.Spent(lease, units);

    protected override void OnReturned(OwnerLease lease, long units, in OwnerTime now)
    {
        _level += units;
        _promises?.Returned(lease, units);
        Trim();
    }

    private static Verdict When(TimeSpan delay) => delay <= TimeSpan.Zero ? Verdict.Yes : Verdict.NotNow(delay);

    /// <summary>When how much stops being counted as out, if nobody says anything.</summary>
    private List<(TimeSpan At, long Units)> Events()
    {
        var events = Expiries().Select(e => (e.At, e.Lease.Out - (_promises?.TotalOf(e.Lease) ?? 0))).ToList();
        if (_promises is not null) events.AddRange(_promises.Events());
        if (_hasPhantom) events.Add((_start.PhantomEnd, Phantom));
        events.Sort(static (a, b) => a.At.CompareTo(b.At));
        return events;
    }

    private void FillSince(TimeSpan emptyAt)
    {
        if (emptyAt == TimeSpan.MinValue) _level = Limit;
        else _at = emptyAt;
    }

    private void ExpireUntil(TimeSpan until)
    {
        while (true)
        {
            var lease = FirstExpired(until);
            var promised = _promises?.NextAt() ?? TimeSpan.MaxValue;
            if (promised <= until && (lease is null || promised <= lease.Expiry))
            {
                FillTo(promised);
                _promises!.ReleaseUntil(promised);
                continue;
            }

            if (lease is null) return;
            FillTo(lease.Expiry);
            _promises?.Burn(lease);
            Burn(lease);
        }
    }

    private void FillTo(TimeSpan now)
    {
        if (now > _at)
        {
            var before = _level;
            _level = Rate.Fill(_level, now - _at, Cap, ref _rest);
            _at = now;
            if (_level > before) Reserves?.Add(_level - before);
        }

        Trim();
    }

    private void Trim()
    {
        if (_level < Cap) return;
        _level = Cap;
        _rest = 0;
        if (Spec.Refill > 0) _waived = 0;
    }

    /// <summary>
    /// The limit is another one, but what was used stays used: of a raised limit the difference is there at once, of a lowered one nothing until the rest has come back. That is
    /// not waited for longer than the whole limit takes, twice; but should the limit be raised again before, it counts.
    /// </summary>
    private void Shift(long by)
    {
        var counted = by > 0 ? Math.Min(by, _waived) : 0;
        _waived -= counted;
        _level += by - counted;
        var least = -Limit - Out;
        if (_level >= least) return;
        _waived += least - _level;
        _level = least;
    }
}
