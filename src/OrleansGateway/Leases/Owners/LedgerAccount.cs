using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// An account that is kept in the ledger: money, and long windows. What is granted is durable before it is usable, and comes back only by proof. Clocks play no part in it but to
/// say which period it is.
/// </summary>
internal sealed class LedgerAccount(AccountId id, AccountSpec spec, OwnerSettings settings, LedgerDraft draft) : OwnerAccount(id, spec)
{
    private readonly List<LedgerPeriod> _older = [];
    private LedgerPeriod? _current;
    private bool _isCut;

    public Credits Credits { get; } = new(draft);

    public Suspense Suspense { get; } = new(draft);

    public RollingPosts Rolling { get; } = new(draft);

    public Grace Grace { get; } = new(draft);

    public LedgerPeriod Current => _current ?? throw new InvalidOperationException($"{Id} was not brought to the present");

    /// <summary>What was used of the account that this one took the place of, in the period in which it did.</summary>
    public long Adopted { get; private set; }

    public override bool IsLedgered => true;

    /// <summary>Whether a rule makes it now. Without, it stays as it is, so that it has forgotten nothing when the rule comes back.</summary>
    public bool HasRule { get; set; } = true;

    public bool IsMoney => Spec.Kind == AccountKind.Budget;

    public bool IsRolling => Spec.Periods is null && Spec.Kind != AccountKind.FixedWindow && Spec.Time > TimeSpan.Zero;

    public override long Limit => _current is null ? Spec.Limit : _current.Limit + Rolling.Sum;

    public override long Level => _isCut ? Math.Min(Current.Available, 0) : _current?.Available ?? Spec.Limit;

    public override long Period => _current?.Number ?? 0;

    public override long Posted => (_current?.Posted ?? 0) + Rolling.Sum;

    public override bool IsWhole => Leases is null;

    public void Load(AccountRow row)
    {
        if (RollingPosts.Has(row)) Rolling.Load(LedgerPeriod.Of(this, row));
        else if (_current is null) _current = LedgerPeriod.Of(this, row);
        else if (IsLater(row, _current)) (_current, _) = (LedgerPeriod.Of(this, row), Retire(_current));
        else Retire(LedgerPeriod.Of(this, row));
    }

    public void Load(LeaseRow row)
    {
        var lease = new OwnerLease(row.Session, row.Number)
        {
            Granted = row.Granted,
            Spent = row.Posted,
            Returned = row.Returned,
            Period = row.Period,
            State = row.State,
        };
        Attach(lease);
        Out += lease.Out;
    }

    public override void Advance(in OwnerTime now)
    {
        if (!HasRule && _current is not null) return;
        if (_current is null) Begin(now);
        else if (IsRecut(_current, now)) Recut(_current, now);
        else if (now.Utc >= _current.End) RollOver(_current, now);
        if (IsRolling) Rolling.Advance(Current, Spec.Time, now.Utc);
        if (Current.Base != Spec.Limit) Rebase();
        Credits.Expire(Current, now.Utc);
        _isCut = Grace.Left(this, now.Utc) <= TimeSpan.Zero;
    }

    public override TimeSpan LifetimeFrom(in OwnerTime now)
    {
        if (_current is null) return TimeSpan.MaxValue;
        var untilEnd = _current.End is not { } end ? TimeSpan.MaxValue : end > now.Utc ? end - now.Utc : TimeSpan.Zero;
        // Once it is over nothing more is granted, and what was before has ended.
        return Grace.Left(this, now.Utc) is { } left && left > TimeSpan.Zero && left < untilEnd ? left : untilEnd;
    }

    // A lease dies with its period, or with the grace; one that never had anything has none yet.
    public override bool MayGrantOn(OwnerLease lease) => lease.State == LeaseState.Live && ((lease.Period == Period && !_isCut) || lease.Granted == 0);

    public override Verdict WhenFree(long units, in OwnerTime now)
    {
        if (Level >= units) return Verdict.Yes;
        if (!_isCut && Level + LiveOut() >= units && IsMoney) return Verdict.NotNow(settings.UnknownDelay);
        var delay = units > Spec.Limit ? TimeSpan.Zero
            : IsRolling ? Rolling.WhenFree(units - Level, Current, Spec.Time, now.Utc)
            : Current.End is { } end ? end - now.Utc : TimeSpan.Zero;
        return new Verdict(IsMoney ? Denial.Exhausted : Denial.NotNow, delay);
    }

    public override void Respec(AccountSpec spec, in OwnerTime now)
    {
        Spec = spec;
        HasRule = true;
        Advance(now);
    }

    public override void Adopt(long used, in OwnerTime now)
    {
        Adopted = used;
        // Else it is counted when the period begins here.
        if (_current is null) return;
        var more = Math.Min(used, _current.Limit) - _current.Posted;
        if (more <= 0) return;
        _current.Posted += more;
        _current.Available -= more;
        Touch(_current);
    }

    public override TimeSpan ResetAfter(in OwnerTime now) =>
        IsRolling ? Rolling.WhenFree(long.MaxValue, Current, Spec.Time, now.Utc) : _current?.End is { } end && end > now.Utc ? end - now.Utc : TimeSpan.Zero;

    /// <summary>An edge that was taken for dead has spoken: what it has is not in suspense any more.</summary>
    public void Revive(OwnerLease lease)
    {
        if (lease.State != LeaseState.Suspense) return;
        lease.State = LeaseState.Live;
        Suspense.End(lease, settled: 0);
        draft.Changed(lease, this);
    }

    /// <summary>Part of what a lease has out is spent for good, and part of it comes back; it is closed if nothing is left.</summary>
    public void Resolve(OwnerLease lease, long posted, long returned, in OwnerTime now)
    {
        lease.Spent += posted;
        lease.Returned += returned;
        Out -= posted + returned;
        if (posted > 0) OnSpent(lease, posted, now);
        if (returned > 0) OnReturned(lease, returned, now);
        // One that never had anything is not in the ledger; neither may its account be.
        if (lease.Granted > 0) draft.Changed(lease, this);
        if (lease.Out == 0) Close(lease);
    }

    /// <summary>Nobody knows what becomes of what a lease has out.</summary>
    public void Suspend(OwnerLease lease)
    {
        lease.State = LeaseState.Suspense;
        draft.Changed(lease, this);
    }

    /// <summary>
    /// What was posted to a period was reckoned with a wrong price, and is more, or less (negative). Answers by how much what counts as spent has changed: of what has left a window
    /// that rolls, nothing counts.
    /// </summary>
    public long Correct(long number, long amount, DateTimeOffset at, in OwnerTime now)
    {
        if (IsRolling) return Rolling.Correct(Current, Spec.Time, amount, at, now.Utc);
        if (Find(number) is not { } period)
        {
            draft.Correct(new CorrectionRow(Id, number, amount));
            return amount;
        }

        if (period == _current && amount > 0) Credits.Burn(period.Limit - period.Posted, amount);
        period.Posted = checked(period.Posted + amount);
        period.Available = checked(period.Available - amount);
        Touch(period);
        if (IsMoney && period == _current) Notices.Raise(this, 0, now.Utc, draft);
        return amount;
    }

    /// <summary>The account in memory takes the place of this one: what is out counts as spent.</summary>
    public void Leave(in OwnerTime now)
    {
        for (var lease = Leases; lease is not null;)
        {
            var next = lease.Next;
            Resolve(lease, lease.Out, 0, now);
            lease = next;
        }
    }

    public BudgetShare ToShare() => new(Id, Posted, Limit, _current?.End);

    public LedgerPeriod? Find(long number) => _current?.Number == number ? _current : _older.Find(p => p.Number == number);

    public override void Forget(TimeSpan before)
    {
    }

    public void Touch(LedgerPeriod period) => draft.Changed(period);

    protected override void OnGranted(OwnerLease lease, long units)
    {
        lease.Period = Period;
        Current.Available -= units;
        Touch(Current);
        draft.Changed(lease, this);
    }

    protected override void OnUndone(OwnerLease lease, long units)
    {
        Current.Available += units;
        Touch(Current);
        draft.Changed(lease, this);
    }

    protected override void OnSpent(OwnerLease lease, long units, in OwnerTime now)
    {
        var period = PeriodOf(lease);
        if (period == _current) Credits.Burn(period.Limit - period.Posted, units);
        period.Posted += units;
        Touch(period);
        draft.Changed(lease, this);
        if (IsMoney && period == _current) Notices.Raise(this, RollingPosts.BucketAt(Spec.Time, now.Utc, IsRolling), now.Utc, draft);
    }

    protected override void OnReturned(OwnerLease lease, long units, in OwnerTime now)
    {
        var period = PeriodOf(lease);
        period.Available += units;
        Touch(period);
        draft.Changed(lease, this);
    }

    protected override void Close(OwnerLease lease)
    {
        lease.State = LeaseState.Closed;
        if (lease.Granted > 0) draft.Changed(lease, this);
        Detach(lease);
        _older.RemoveAll(p => !HasLeases(p.Number));
    }

    // Money has no clock; but that of a grace runs from the first grant.
    protected override void Extend(OwnerLease lease, in OwnerTime now)
    {
        if (lease.Granted > 0 && lease.Period == Period) Grace.Begin(this, now.Utc);
    }

    private static bool IsLater(AccountRow row, LedgerPeriod than) => (row.Start ?? DateTimeOffset.MinValue) > (than.Start ?? DateTimeOffset.MinValue);

    private LedgerPeriod PeriodOf(OwnerLease lease) =>
        Find(lease.Period) ?? throw new InvalidOperationException($"{Id}: lease {lease.Number} of {lease.Session} is of period {lease.Period}, which is not known");

    private LedgerPeriod Retire(LedgerPeriod period)
    {
        _older.Add(period);
        return period;
    }

    private long LiveOut()
    {
        var sum = 0L;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.State == LeaseState.Live && lease.Period == Period) sum += lease.Out;
        }

        return sum;
    }

    private bool HasLeases(long period)
    {
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Period == period && lease.Out > 0) return true;
        }

        return false;
    }

    private LedgerPeriod New(in OwnerTime now)
    {
        if (Spec.PeriodAt(now.Utc) is { } period) return new LedgerPeriod(this, period.Number) { Start = period.Start, End = period.End, Base = Spec.Limit };
        return new LedgerPeriod(this, 0) { Start = IsRolling ? RollingPosts.StartAt(Spec.Time, now.Utc) : null, Base = Spec.Limit };
    }

    private void Begin(in OwnerTime now)
    {
        _current = New(now);
        _current.Limit = Spec.Limit;
        _current.Posted = Math.Min(Adopted, Spec.Limit);
        _current.Available = Spec.Limit - _current.Posted;
        if (Adopted > 0) Touch(_current);
    }

    private void Rebase()
    {
        var change = Spec.Limit - Current.Base;
        Current.Base = Spec.Limit;
        Current.Raise(change);
        Touch(Current);
    }

    private bool IsRecut(LedgerPeriod current, in OwnerTime now)
    {
        if (Spec is { Kind: AccountKind.FixedWindow, Periods: null }) return current.End is null || current.End - current.Start != Spec.Time;
        if (Spec.Periods is null) return current.End is not null || IsRolling != current.Start is not null;
        if (current.End is not { } end) return true;
        return now.Utc < end && now.Utc >= current.Start && Spec.Periods.At(now.Utc) is var period && (period.Number != current.Number || period.End != end);
    }

    /// <summary>The periods are others now: what was used, and is out, counts in the one that is open by them.</summary>
    private void Recut(LedgerPeriod old, in OwnerTime now)
    {
        var posted = old.Posted + Rolling.Sum;
        var extra = old.Limit + Rolling.Sum - old.Base;
        Rolling.Clear();
        var next = New(now);
        next.Posted = posted;
        next.Limit = checked(Spec.Limit + extra);
        next.Noticed = old.Noticed;
        if (old.Number != next.Number)
        {
            (old.Limit, old.Available, old.Posted) = (0, 0, 0);
            Touch(old);
        }

        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Period != old.Number) continue;
            lease.Period = next.Number;
            if (lease.Granted > 0) draft.Changed(lease, this);
        }

        _older.RemoveAll(p => p.Number == next.Number);
        next.Available = next.Limit - next.Posted - OutOf(next.Number);
        _current = next;
        Touch(next);
    }

    private long OutOf(long period)
    {
        var sum = 0L;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Period == period) sum += lease.Out;
        }

        return sum;
    }

    private void RollOver(LedgerPeriod old, in OwnerTime now)
    {
        var next = New(now);
        Adopted = 0;
        next.Raise(Spec.Limit);
        next.Raise(Credits.CarryOver(old, now.Utc));
        if (Spec.RollsOver)
        {
            // What was left of the period before counts once; of periods in between nothing was used.
            var untouched = next.Number > old.Number + 1;
            var left = untouched ? Spec.Limit : Math.Clamp(Math.Min(old.Available, old.Base), 0, long.MaxValue);
            next.Raise(left);
            if (!untouched) old.Raise(-left);
        }

        if (HasLeases(old.Number)) Retire(old);
        Touch(old);
        Touch(next);
        _current = next;
    }
}
