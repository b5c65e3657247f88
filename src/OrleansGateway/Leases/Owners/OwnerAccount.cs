using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// One account at its owner: what has been granted of it, to whom, and what is left. Kinds differ in how it fills and when use counts. There may be a million of them: what can be
/// told from the leases is not kept beside them.
/// </summary>
internal abstract class OwnerAccount(AccountId id, AccountSpec spec)
{
    public AccountId Id => id;

    public AccountSpec Spec { get; protected set; } = spec;

    public OwnerLease? Leases { get; private set; }

    /// <summary>Units at edges that are not proven spent.</summary>
    public long Out { get; protected set; }

    /// <summary>Whether each request asks. An account begins so, until there is enough to hand out in advance.</summary>
    public bool IsExact { get; set; } = true;

    /// <summary>What a request takes on average, as an edge said last. At least 1.</summary>
    public long TypicalHold { get; set; } = 1;

    /// <summary>Place in the list that sweeps walk.</summary>
    public int Index { get; set; }

    public Reserves? Reserves { get; protected set; }

    public virtual bool IsLedgered => false;

    public virtual long Limit => Spec.Limit;

    /// <summary>What may be granted now; negative if it owes.</summary>
    public abstract long Level { get; }

    /// <summary>The period that grants are of; 0 without.</summary>
    public virtual long Period => 0;

    public virtual long Posted => 0;

    public virtual long Phantom => 0;

    /// <summary>Whether nothing would be lost if it was forgotten.</summary>
    public abstract bool IsWhole { get; }

    /// <summary>Brings it to this instant: refills, expires leases, begins periods. <paramref name="now"/> never goes back.</summary>
    public abstract void Advance(in OwnerTime now);

    /// <summary>How long what is granted now may be used.</summary>
    public abstract TimeSpan LifetimeFrom(in OwnerTime now);

    /// <summary>How long until it has this many units, with no other traffic, if it never was more than its limit.</summary>
    public abstract Verdict WhenFree(long units, in OwnerTime now);

    /// <summary>Takes on a new spec of the same kind, and keeps what was used.</summary>
    public abstract void Respec(AccountSpec spec, in OwnerTime now);

    /// <summary>Counts this as used from the start: it takes the place of an account of another kind.</summary>
    public abstract void Adopt(long used, in OwnerTime now);

    /// <summary>How long until it is whole again, with no other traffic.</summary>
    public abstract TimeSpan ResetAfter(in OwnerTime now);

    /// <summary>What a clean stop keeps of it.</summary>
    public virtual AccountRow ToRow() => new(id, Period, Limit, Math.Min(Level, Limit), Limit - Math.Min(Level, Limit), Limit, 0, null, null) { Out = Out };

    /// <summary>Whether it has the units now for a request of this priority.</summary>
    public Verdict Check(long units, byte priority, in OwnerTime now)
    {
        var kept = Reserves?.KeptFrom(priority) ?? 0;
        if (units > Limit - kept || Limit == 0) return Verdict.Never;
        var free = Reserves?.FreeFor(priority, Level) ?? Level;
        // Others' floors may have filled by then.
        return units <= free ? Verdict.Yes : WhenFree(units + kept, now);
    }

    public void Grant(OwnerLease lease, long units, in OwnerTime now)
    {
        lease.Granted += units;
        Out += units;
        OnGranted(lease, units);
        Extend(lease, now);
    }

    /// <summary>Takes a grant back that nobody has heard of.</summary>
    public void Undo(OwnerLease lease, long units)
    {
        units = Math.Min(units, lease.Out);
        lease.Granted -= units;
        Out -= units;
        OnUndone(lease, units);
    }

    /// <summary>Takes down where an edge stands with its lease. Totals only rise, and never beyond what was granted.</summary>
    public void Report(OwnerLease lease, in LeaseReport report, in OwnerTime now)
    {
        if (lease.IsOver) return;
        var spent = Math.Clamp(report.Spent - lease.Spent, 0, lease.Out);
        lease.Spent += spent;
        var returned = Math.Clamp(report.Returned - lease.Returned, 0, lease.Out);
        // An edge that has closed a lease has dropped what came for it afterwards.
        if (report.IsFinal) returned = lease.Out;
        lease.Returned += returned;
        Out -= spent + returned;
        if (spent > 0) OnSpent(lease, spent, now);
        if (returned > 0) OnReturned(lease, returned, now);
        lease.Want = report.IsFinal ? 0 : Math.Max(report.Want, 0);
        TypicalHold = Math.Max(report.TypicalHold, 1);
        if (report.IsFinal) Close(lease);
        else Extend(lease, now);
    }

    /// <summary>Whether more can be granted on a lease.</summary>
    public virtual bool MayGrantOn(OwnerLease lease) => !lease.IsOver;

    public OwnerLease? Find(Guid session, long number)
    {
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Number == number && lease.Session == session) return lease;
        }

        return null;
    }

    public OwnerLease Open(Guid session, long number)
    {
        var lease = new OwnerLease(session, number) { Period = Period };
        Attach(lease);
        return lease;
    }

    public void Attach(OwnerLease lease)
    {
        lease.Next = Leases;
        Leases = lease;
    }

    /// <summary>The edge that got less than its share last, because others have more than theirs; none if none has.</summary>
    public OwnerLease? Starving()
    {
        var lease = Leases;
        while (lease is { IsStarving: false }) lease = lease.Next;
        return lease;
    }

    /// <summary>Edges with something out, or in want of something.</summary>
    public int ActiveEdges()
    {
        var count = 0;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.State == LeaseState.Live && (lease.Out > 0 || lease.Want > 0)) count++;
        }

        return count;
    }

    /// <summary>Leases that something is out of.</summary>
    public int LeasesOut()
    {
        var count = 0;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Out > 0) count++;
        }

        return count;
    }

    /// <summary>Forgets leases that have been over, or empty and unheard of, for longer than a message can be late.</summary>
    public virtual void Forget(TimeSpan before)
    {
        OwnerLease? kept = null;
        for (var lease = Leases; lease is not null;)
        {
            var next = lease.Next;
            if (lease.Out == 0 && lease.Expiry <= before)
            {
                if (kept is null) Leases = next;
                else kept.Next = next;
            }
            else
            {
                kept = lease;
            }

            lease = next;
        }
    }

    protected abstract void OnGranted(OwnerLease lease, long units);

    protected abstract void OnUndone(OwnerLease lease, long units);

    protected abstract void OnSpent(OwnerLease lease, long units, in OwnerTime now);

    protected abstract void OnReturned(OwnerLease lease, long units, in OwnerTime now);

    /// <summary>The lease is not to be found by its edge any more.</summary>
    protected virtual void Close(OwnerLease lease) => Detach(lease);

    protected void Detach(OwnerLease lease)
    {
        if (Leases == lease)
        {
            Leases = lease.Next;
            return;
        }

        for (var at = Leases; at is not null; at = at.Next)
        {
            if (at.Next == lease)
            {
                at.Next = lease.Next;
                return;
            }
        }
    }

    /// <summary>An edge that has been answered may use its lease for another lifetime.</summary>
    protected virtual void Extend(OwnerLease lease, in OwnerTime now) => lease.Expiry = now.Monotonic + LifetimeFrom(now);

    /// <summary>The lease that expires first, up to an instant; null if none does. What nothing is out of does not expire.</summary>
    protected OwnerLease? FirstExpired(TimeSpan until)
    {
        OwnerLease? first = null;
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Out > 0 && (first is null || lease.Expiry < first.Expiry)) first = lease;
        }

        return first?.Expiry <= until ? first : null;
    }

    /// <summary>Ends a lease whose edge may use it no more; answers what was out, which nobody gets back.</summary>
    protected long Burn(OwnerLease lease)
    {
        var burned = lease.Out;
        Out -= burned;
        lease.State = LeaseState.Closed;
        lease.IsStarving = false;
        lease.Want = 0;
        return burned;
    }

    /// <summary>What is out, and when it is lost.</summary>
    protected IEnumerable<(TimeSpan At, OwnerLease Lease)> Expiries()
    {
        for (var lease = Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Out > 0) yield return (lease.Expiry, lease);
        }
    }
}
