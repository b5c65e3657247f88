namespace OrleansGateway.Leases;

/// <summary>How an account fills and empties.</summary>
internal enum AccountKind : byte
{
    /// <summary>Refills steadily up to its limit: token bucket, GCRA, leaky bucket (they differ in what becomes of a request that finds it empty). Kept by the Φ-rule.</summary>
    Bucket,

    /// <summary>Is whole again at the start of each window.</summary>
    FixedWindow,

    /// <summary>At most its limit in any stretch of time as long as the window.</summary>
    SlidingWindow,

    /// <summary>Slots, which are given back.</summary>
    Concurrency,

    /// <summary>Money, kept in the ledger: durable before it is usable, never credited back without proof.</summary>
    Budget,
}

/// <summary>What an account is like, as the configuration says now. Immutable; a change is another one for the same <see cref="AccountId"/>.</summary>
internal sealed record AccountSpec
{
    public required AccountKind Kind { get; init; }

    public required Dimension Dimension { get; init; }

    /// <summary>The most it holds: burst of a bucket, limit of a window, slots, nano-dollars of a budget. 0 blocks; never negative.</summary>
    public required long Limit { get; init; }

    /// <summary>Of a bucket: units that come back in <see cref="Time"/>.</summary>
    public long Refill { get; init; }

    /// <summary>
    /// Of a bucket: the time in which <see cref="Refill"/> units come back. Of a sliding window, or a rolling budget: its length. Of a fixed window without
    /// <see cref="Periods"/>: its length, from the first use after the one before has ended.
    /// </summary>
    public TimeSpan Time { get; init; }

    /// <summary>
    /// Of a fixed window, or a budget with periods: which period an instant is in. None for a lifetime budget, one that rolls, and a window that begins with its first use.
    /// </summary>
    public IPeriods? Periods { get; init; }

    /// <summary>Whether it counts, and says what it would have refused, but refuses nothing.</summary>
    public bool Shadow { get; init; }

    /// <summary>Most accounts of the same rule that an edge keeps at once; for one more it finds none.</summary>
    public int AccountsMax { get; init; } = int.MaxValue;

    /// <summary>
    /// Share of the limit, by priority (low, normal, high), in 1/1000, that is kept for requests of that priority as long as it is not used. Empty: first come, first served.
    /// </summary>
    public IReadOnlyList<int> Floors { get; init; } = [];

    /// <summary>Of a fixed window, or a budget with periods: the one that an instant is in; of a window from first use, the one that begins now.</summary>
    public Period? PeriodAt(DateTimeOffset now)
    {
        if (Periods is not null) return Periods.At(now);
        // Numbers only have to differ, and ascend.
        return Kind == AccountKind.FixedWindow ? new Period(now.ToUnixTimeMilliseconds(), now, now + Time) : null;
    }

    /// <summary>Of a budget: percentages of the limit at which a notice is due, once each in a period, ascending.</summary>
    public IReadOnlyList<int> Notices { get; init; } = [];

    /// <summary>Of a budget: what becomes of a hold whose request's end nobody knows.</summary>
    public OrphanPolicy Orphans { get; init; }

    /// <summary>With <see cref="OrphanPolicy.ReleaseAfter"/>: how long it is kept.</summary>
    public TimeSpan OrphansKept { get; init; }

    /// <summary>Of a budget with periods: whether what is left of one is added to the next, once.</summary>
    public bool RollsOver { get; init; }

    /// <summary>By what they say, lists and calendars included: a configuration that is read anew must not look like another one where it is the same.</summary>
    public bool Equals(AccountSpec? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && (Kind, Dimension, Limit, Refill, Time, Shadow, AccountsMax) == (other.Kind, other.Dimension, other.Limit, other.Refill, other.Time, other.Shadow, other.AccountsMax)
            && (Orphans, OrphansKept, RollsOver) == (other.Orphans, other.OrphansKept, other.RollsOver)
            && Equals(Periods, other.Periods) && Floors.SequenceEqual(other.Floors) && Notices.SequenceEqual(other.Notices));

    public override int GetHashCode() => HashCode.Combine(Kind, Dimension, Limit, Refill, Time, Shadow);
}

/// <summary>What becomes of held money when its holder died before it could say what was spent.</summary>
internal enum OrphanPolicy : byte
{
    /// <summary>It stays in suspense, by name, until there is evidence or an operator decides.</summary>
    Hold,

    /// <summary>The worst case counts as spent.</summary>
    PostWorst,

    /// <summary>It is credited back after a time. The only policy under which a budget can be overspent.</summary>
    ReleaseAfter,
}

/// <summary>Periods of a calendar, or of another kind, one after the other without gaps.</summary>
internal interface IPeriods
{
    /// <summary>The period that an instant is in.</summary>
    Period At(DateTimeOffset instant);
}

/// <summary>One of the periods. <c>Number</c> grows by one from each to the next, and is the same on every machine.</summary>
internal readonly record struct Period(long Number, DateTimeOffset Start, DateTimeOffset End);
