namespace OrleansGateway.Leases.Edges;

/// <summary>
/// What an edge has of one lease. Taking and giving back are single interlocked steps by any thread; the rest belongs to whoever deals with the owner. What is held needs no count:
/// it is what was granted and is neither to hand, spent nor returned.
/// </summary>
internal sealed class Cell(Account account, long lease)
{
    private long _toHand;
    private long _spent;
    private long _deadline;
    private long _taken;

    public Account Account => account;

    /// <summary>Number of the lease: ascends with each that is opened in the session.</summary>
    public long Lease => lease;

    /// <summary>Number of the lease in the journal, from its first grant on, if it is of money.</summary>
    public int Journalled { get; set; }

    // Kept here, for the account's may have changed since.
    public AccountKind Kind { get; } = account.Spec.Kind;

    public Dimension Dimension { get; } = account.Spec.Dimension;

    public bool IsMoney => Kind == AccountKind.Budget;

    /// <summary>Units to hand: free to be taken.</summary>
    public long ToHand => Volatile.Read(ref _toHand);

    /// <summary>Used for good since the lease began.</summary>
    public long Spent => Volatile.Read(ref _spent);

    /// <summary>From when on nothing of it may be used, in ticks of the edge's clock; before the first grant that is always.</summary>
    public long Deadline
    {
        get => Volatile.Read(ref _deadline);
        set => Volatile.Write(ref _deadline, value);
    }

    /// <summary>Whether it may be used no more, and what is left of a rate is lost.</summary>
    public bool IsExpired(long now) => Deadline > 0 && now >= Deadline;

    /// <summary>Granted since it began.</summary>
    public long Granted { get; set; }

    /// <summary>Given back to the owner since it began.</summary>
    public long Returned { get; set; }

    public long Period { get; set; }

    /// <summary>Whether nothing is to be taken from it any more: it is closed as soon as nothing of it is held.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Below this many units to hand more are asked for.</summary>
    public long LowWater { get; set; }

    /// <summary>When it should be renewed, in ticks.</summary>
    public long RenewAt { get; set; }

    /// <summary>What was spent when the owner was last told.</summary>
    public long ReportedSpent { get; set; }

    /// <summary>Units of the reply that is being read, as long as no take has claimed them and they are not to hand.</summary>
    public long Unclaimed { get; set; }

    /// <summary>How often something was taken. May wrap, and miss some: threads may overwrite each other's additions. Only demand is judged by it.</summary>
    public int Takes { get; private set; }

    /// <summary>Units that are out: to hand or held. Never too few: what is spent or returned is counted once it has happened.</summary>
    public long Out => Granted - Returned - Spent;

    /// <summary>Takes them, or nothing.</summary>
    public bool TryTake(long units, long now)
    {
        if (now >= Volatile.Read(ref _deadline)) return false;
        var have = Volatile.Read(ref _toHand);
        while (have >= units)
        {
            var found = Interlocked.CompareExchange(ref _toHand, have - units, have);
            if (found == have)
            {
                _taken += units;
                Takes++;
                return true;
            }

            have = found;
        }

        return false;
    }

    /// <summary>Units taken since this was last asked, about: as <see cref="Takes"/>.</summary>
    public long TakeStock()
    {
        var taken = _taken;
        _taken = 0;
        return taken;
    }

    public void GiveBack(long units) => Interlocked.Add(ref _toHand, units);

    public void Spend(long units) => Interlocked.Add(ref _spent, units);

    /// <summary>Gives what is to hand, up to this many units, back to the owner with the next report; answers how many.</summary>
    public long Return(long unitsMax)
    {
        var have = Volatile.Read(ref _toHand);
        while (Math.Min(have, unitsMax) is > 0 and var units)
        {
            var found = Interlocked.CompareExchange(ref _toHand, have - units, have);
            if (found == have)
            {
                Returned += units;
                return units;
            }

            have = found;
        }

        return 0;
    }
}
