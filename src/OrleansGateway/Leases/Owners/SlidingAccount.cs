namespace OrleansGateway.Leases.Owners;

/// <summary>
/// At most the limit in any stretch of time as long as the window. A unit counts from when it is granted until it is proven spent, and a window's length after that. Small limits
/// are kept as a log of each; others by 600th parts of the window, each counted until its last unit is out of it.
/// </summary>
internal sealed class SlidingAccount : OwnerAccount
{
    private const int Parts = 600;

    private readonly OwnerSettings _settings;
    private readonly Queue<(TimeSpan At, long Units)> _log = new();
    private (TimeSpan Begin, TimeSpan Last, long Units) _part;
    private long _used;
    private TimeSpan _closedUntil;

    /// <param name="id">Which.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="settings">How it is handed out.</param>
    /// <param name="start">When the core began.</param>
    /// <param name="savedUse">Use that a clean stop saved; null if none did.</param>
    public SlidingAccount(AccountId id, AccountSpec spec, OwnerSettings settings, OwnerStart start, long? savedUse)
        : base(id, spec)
    {
        _settings = settings;
        Reserves = Reserves.For(spec);
        // What edges had then they may yet use.
        if (savedUse is { } used) Count(used, start.MayOthersHold ? start.PhantomEnd : start.SavedAt);
        else if (start.MayOthersHold) _closedUntil = start.At.Monotonic + settings.PhantomTime + spec.Time;
        else if (start.EmptyAt != TimeSpan.MinValue) _closedUntil = start.EmptyAt + spec.Time;
        Reserves?.Fill(Level);
    }

    public override long Level => _closedUntil > TimeSpan.Zero ? 0 : Limit - _used - Out;

    public override long Posted => _closedUntil > TimeSpan.Zero ? Limit : _used;

    public override bool IsWhole => Leases is null && _used == 0 && _closedUntil <= TimeSpan.Zero;

    public override void Advance(in OwnerTime now)
    {
        while (FirstExpired(now.Monotonic) is { } lease)
        {
            var expiry = lease.Expiry;
            Count(Burn(lease), expiry);
        }

        if (_closedUntil <= now.Monotonic) _closedUntil = TimeSpan.Zero;
        while (_log.TryPeek(out var first) && first.At + Spec.Time <= now.Monotonic) Uncount(_log.Dequeue().Units);
        if (_part.Units > 0 && _part.Last + Spec.Time <= now.Monotonic)
        {
            Uncount(_part.Units);
            _part = default;
        }
    }

    public override TimeSpan LifetimeFrom(in OwnerTime now) => _settings.LeaseLifetime;

    public override Verdict WhenFree(long units, in OwnerTime now)
    {
        if (_closedUntil > now.Monotonic) return Verdict.NotNow(_closedUntil - now.Monotonic);
        var missing = units - (Limit - _used - Out);
        if (missing <= 0) return Verdict.Yes;
        // What is out counts as spent when it is lost, for that is the latest that it can have been.
        var entries = _log.Append((At: _part.Last, _part.Units)).Concat(Expiries().Select(e => (e.At, Units: e.Lease.Out))).OrderBy(e => e.At);
        foreach (var (at, left) in entries)
        {
            missing -= left;
            if (missing <= 0) return Verdict.NotNow(at + Spec.Time - now.Monotonic);
        }

        return Verdict.NotNow(Spec.Time);
    }

    public override void Respec(AccountSpec spec, in OwnerTime now)
    {
        Advance(now);
        Spec = spec;
        Reserves = Reserves.For(spec);
        Reserves?.Fill(Level);
    }

    public override void Adopt(long used, in OwnerTime now)
    {
        _closedUntil = TimeSpan.Zero;
        Count(used, now.Monotonic);
    }

    public override TimeSpan ResetAfter(in OwnerTime now)
    {
        if (_closedUntil > now.Monotonic) return _closedUntil - now.Monotonic;
        var last = _part.Units > 0 ? _part.Last : _log.Count > 0 ? _log.Last().At : now.Monotonic - Spec.Time;
        return last + Spec.Time - now.Monotonic;
    }

    protected override void OnGranted(OwnerLease lease, long units)
    {
    }

    protected override void OnUndone(OwnerLease lease, long units)
    {
    }

    protected override void OnSpent(OwnerLease lease, long units, in OwnerTime now) => Count(units, now.Monotonic);

    protected override void OnReturned(OwnerLease lease, long units, in OwnerTime now)
    {
    }

    private void Count(long units, TimeSpan at)
    {
        if (units == 0) return;
        _used += units;
        var part = Limit <= Parts ? TimeSpan.Zero : Spec.Time / Parts;
        if (_part.Units > 0 && at > _part.Begin + part)
        {
            _log.Enqueue((_part.Last, _part.Units));
            _part = default;
        }

        _part = (_part.Units > 0 ? _part.Begin : at, _part.Last > at ? _part.Last : at, _part.Units + units);
    }

    private void Uncount(long units)
    {
        _used -= units;
        Reserves?.Add(units);
    }
}
