namespace OrleansGateway.Leases.Owners;

/// <summary>How an owner hands out what it has.</summary>
internal sealed record OwnerSettings
{
    /// <summary>How long an edge may use what it was granted of a rate. 0.1 s to 1 min; default 5 s. Long ones burn more when an edge dies, short ones make more calls.</summary>
    public TimeSpan LeaseLifetime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>κ: the share of a limit, in 1/1000, that edges may have in advance, all together. 1 to 1000; default 500. What requests take one by one is not bounded by it.</summary>
    public int HoardShare { get; init; } = 500;

    /// <summary>
    /// How long a new owner counts with leases of the one before it, if there may be any. At least <see cref="LeaseLifetime"/>; default 5 s. Shorter ones let more through than
    /// the limit after a fail-over.
    /// </summary>
    public TimeSpan PhantomTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Instant, monotonic, at which accounts in memory may have been empty: they have filled since, and windows that were open then stay closed until they are over. None: when
    /// the core began. <see cref="TimeSpan.MinValue"/>: never, they begin whole, which is right where nothing has run before, or a clean stop has saved all that was not whole.
    /// </summary>
    public TimeSpan? EmptyAt { get; init; }

    /// <summary>Instant, monotonic, from which levels that a clean stop has saved refill. None: when the core began.</summary>
    public TimeSpan? SavedAt { get; init; }

    /// <summary>
    /// Windows at least as long as this are kept in the ledger as money is, so that a crash does not close them until they are over. 1 s to for ever; default 10 min. Shorter
    /// ones cost a write for each grant.
    /// </summary>
    public TimeSpan LedgerFrom { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of what is available of a budget, the share in 1/1000 that one edge may have in advance, should it want so much. 1 to 1000; default 20. More of it is parked
    /// in suspense when an edge dies.</summary>
    public int MoneyShare { get; init; } = 20;

    /// <summary>What is said of slots, and of money that is out elsewhere, for nobody knows when they come back. Default 1 s.</summary>
    public TimeSpan UnknownDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a silent session without leases is known. Longer than a message can be late; default 10 min.</summary>
    public TimeSpan SessionKept { get; init; } = TimeSpan.FromMinutes(10);
}
