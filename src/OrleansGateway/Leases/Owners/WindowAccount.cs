using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// An allowance that is whole again at the start of each window. Leases die with their window; what comes back late never enters another one.
/// </summary>
internal sealed class WindowAccount : OwnerAccount
{
    private readonly OwnerSettings _settings;
    private Period _period;
    private long _used;
    private bool _isClosed;

    /// <param name="id">Which.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="settings">How it is handed out.</param>
    /// <param name="start">When the core began: a window that was open when all may have been used up stays closed.</param>
    /// <param name="now">When the account is first asked for.</param>
    /// <param name="saved">What a clean stop saved; null if none did.</param>
    public WindowAccount(AccountId id, AccountSpec spec, OwnerSettings settings, OwnerStart start, OwnerTime now, AccountRow? saved)
        : base(id, spec)
    {
        _settings = settings;
        var emptyAt = start.MayOthersHold ? start.At.Utc : start.EmptyAtUtc;
        // From first use: the one before it may have begun just before that.
        _period = IsFromFirstUse && saved is { Start: { } began, End: { } ends } && now.Utc < ends ? new Period(saved.Period, began, ends)
            : IsFromFirstUse && emptyAt > DateTimeOffset.MinValue && now.Utc < emptyAt + spec.Time ? new Period(emptyAt.ToUnixTimeMilliseconds(), emptyAt, emptyAt + spec.Time)
            : spec.PeriodAt(now.Utc)!.Value;
        if (saved is not null) _used = saved.Period == _period.Number ? saved.Posted : 0;
        else _isClosed = _period.Start <= emptyAt;
        Reserves = Reserves.For(spec);
        Reserves?.Fill(Level);
    }

    private bool IsFromFirstUse => Spec.Periods is null;

    public override long Level => _isClosed ? 0 : Limit - _used - Out;

    public override long Period => _period.Number;

    public override long Posted => _isClosed ? Limit : _used;

    public override bool IsWhole => Leases is null && _used == 0 && !_isClosed;

    public override void Advance(in OwnerTime now)
    {
        while (FirstExpired(now.Monotonic) is { } lease) _used += Burn(lease);
        if (now.Utc >= _period.End) Begin(Spec.PeriodAt(now.Utc)!.Value, now);
    }

    public override TimeSpan LifetimeFrom(in OwnerTime now) => Rest(now) is var rest && rest < _settings.LeaseLifetime ? rest : _settings.LeaseLifetime;

    public override Verdict WhenFree(long units, in OwnerTime now) => Level >= units ? Verdict.Yes : Verdict.NotNow(Rest(now));

    public override void Respec(AccountSpec spec, in OwnerTime now)
    {
        Advance(now);
        Spec = spec;
        // Another calendar: what was used counts in the window that is open by it.
        _period = IsFromFirstUse ? _period with { End = _period.Start + spec.Time } : spec.PeriodAt(now.Utc)!.Value;
        Reserves = Reserves.For(spec);
        Reserves?.Fill(Level);
    }

    public override void Adopt(long used, in OwnerTime now)
    {
        _isClosed = false;
        _used = used;
    }

    public override TimeSpan ResetAfter(in OwnerTime now) => IsWhole ? TimeSpan.Zero : Rest(now);

    public override AccountRow ToRow() =>
        new(Id, Period, Limit, Math.Max(Level, 0), Limit - Math.Max(Level, 0), Limit, 0, _period.Start, _period.End);

    protected override void OnGranted(OwnerLease lease, long units)
    {
    }

    protected override void OnUndone(OwnerLease lease, long units)
    {
    }

    protected override void OnSpent(OwnerLease lease, long units, in OwnerTime now) => _used += units;

    protected override void OnReturned(OwnerLease lease, long units, in OwnerTime now)
    {
    }

    private TimeSpan Rest(in OwnerTime now) => _period.End > now.Utc ? _period.End - now.Utc : TimeSpan.Zero;

    private void Begin(Period period, in OwnerTime now)
    {
        _period = period;
        _isClosed = false;
        _used = 0;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            // A lease that never had anything has no window yet. A calendar that has jumped ends a window before its leases: what they have counts in the next one too.
            var mayStillUse = lease.Expiry > now.Monotonic;
            if (lease.Granted == 0) continue;
            var burned = Burn(lease);
            if (mayStillUse) _used += burned;
        }

        Reserves?.Fill(Level);
    }
}
