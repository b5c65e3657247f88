namespace OrleansGateway.Leases.Owners;

/// <summary>Slots, which come back when requests end. Those of an edge that is gone come back after its lease's lifetime.</summary>
internal sealed class SlotAccount : OwnerAccount
{
    private readonly OwnerSettings _settings;
    private TimeSpan _phantomEnd;
    private long _phantom;

    /// <param name="id">Which.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="settings">How it is handed out.</param>
    /// <param name="start">When the core began, and whether others may hold slots.</param>
    /// <param name="savedOut">Slots that edges had when a clean stop saved them; null if none did.</param>
    public SlotAccount(AccountId id, AccountSpec spec, OwnerSettings settings, OwnerStart start, long? savedOut)
        : base(id, spec)
    {
        _settings = settings;
        Reserves = Reserves.For(spec);
        Reserves?.Fill(Limit);
        _phantomEnd = start.MayOthersHold ? start.At.Monotonic + settings.PhantomTime : TimeSpan.MinValue;
        _phantom = savedOut ?? long.MaxValue;
    }

    public override long Level => Limit - Out - Phantom;

    public override long Phantom => _phantomEnd > TimeSpan.MinValue ? Math.Min(_phantom, Limit) : 0;

    public override bool IsWhole => Leases is null;

    public override void Advance(in OwnerTime now)
    {
        if (_phantomEnd <= now.Monotonic) _phantomEnd = TimeSpan.MinValue;
        while (FirstExpired(now.Monotonic) is { } lease)
        {
            var freed = Burn(lease);
            Reserves?.Add(freed);
        }
    }

    public override TimeSpan LifetimeFrom(in OwnerTime now) => _settings.LeaseLifetime;

    public override Verdict WhenFree(long units, in OwnerTime now)
    {
        if (Level >= units) return Verdict.Yes;
        return Verdict.NotNow(_phantomEnd > now.Monotonic ? _phantomEnd - now.Monotonic : _settings.UnknownDelay);
    }

    public override void Respec(AccountSpec spec, in OwnerTime now)
    {
        Spec = spec;
        Reserves = Reserves.For(spec);
        Reserves?.Fill(Level);
    }

    public override void Adopt(long used, in OwnerTime now)
    {
    }

    public override TimeSpan ResetAfter(in OwnerTime now) => Out > 0 ? _settings.UnknownDelay : TimeSpan.Zero;

    /// <summary>Slots that an owner before this one gave are in use. There may be more of them than the limit for a while: nothing is granted then.</summary>
    public OwnerLease Adopt(Guid session, in LeaseReport report, in OwnerTime now)
    {
        var lease = Open(session, report.Lease);
        lease.Granted = report.Granted;
        lease.Spent = report.Spent;
        lease.Returned = report.Returned;
        Out += Math.Max(lease.Out, 0);
        // It is one of those that were saved, and counted twice else.
        if (_phantom < long.MaxValue) _phantom = Math.Max(_phantom - Math.Max(lease.Out, 0), 0);
        Extend(lease, now);
        return lease;
    }

    protected override void OnGranted(OwnerLease lease, long units)
    {
    }

    protected override void OnUndone(OwnerLease lease, long units)
    {
    }

    // A slot cannot be used up: whatever an edge says, it is free again.
    protected override void OnSpent(OwnerLease lease, long units, in OwnerTime now) => Reserves?.Add(units);

    protected override void OnReturned(OwnerLease lease, long units, in OwnerTime now) => Reserves?.Add(units);
}
