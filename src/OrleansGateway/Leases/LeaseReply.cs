namespace OrleansGateway.Leases;

/// <summary>An owner's answer.</summary>
internal sealed record LeaseReply
{
    /// <summary>The request that it answers.</summary>
    public required long Number { get; init; }

    /// <summary>The owner's life. A higher one than the edge knew: it registers anew; a lower one: the reply is dropped.</summary>
    public required long Epoch { get; init; }

    /// <summary>
    /// Whether the owner does not know this session, or has another epoch: report everything, with the next request. Leases without money are closed and opened anew then, under new
    /// numbers, for an owner in a new life knows nothing of them.
    /// </summary>
    public bool MustRegister { get; init; }

    /// <summary>
    /// Whether what the request reported of money has not been taken down, because the ledger could not be reached: a lease that it closed is not closed, and is reported again.
    /// </summary>
    public bool IsMoneyUnheard { get; init; }

    public IReadOnlyList<LeaseGrant> Grants { get; init; } = [];

    public IReadOnlyList<TakeResult> Takes { get; init; } = [];
}

/// <summary>What an edge has of one account from now on.</summary>
/// <param name="Account">Which.</param>
/// <param name="Lease">The lease that it concerns.</param>
/// <param name="Granted">Units granted since the lease began, in total.</param>
/// <param name="Period">The period that they may be used in; 0 where there are none.</param>
/// <param name="Lifetime">
/// How long they may be used, counted by the edge from when it sent the request; <see cref="TimeSpan.MaxValue"/> for money, which has no clock, until the end of the period if it
/// has periods. Zero: the lease is over (expired, its period past, unknown); nothing more comes on it; what it has of money is still settled on it; open another one.
/// </param>
/// <param name="IsExact">Whether units are from now on given request by request, because little is left: the edge gives back what is to hand.</param>
/// <param name="Recall">Units that the owner would like back for others, if they are to hand.</param>
/// <param name="Left">This edge's share of what the owner has besides: only to be told to clients.</param>
internal readonly record struct LeaseGrant(AccountId Account, long Lease, long Granted, long Period, TimeSpan Lifetime, bool IsExact, long Recall, long Left = 0);

/// <summary>What became of a <see cref="TakeRequest"/>.</summary>
/// <param name="Id">Which.</param>
/// <param name="Binding">The account that has not enough; none if all have, and the units are among those granted.</param>
/// <param name="Denial">Why not.</param>
/// <param name="Delay">If granted: how long the request must wait first. If denied for now: when the same, with no other traffic, will succeed; zero with
/// <see cref="Denial.NotNow"/>: at once, on a lease opened anew.</param>
internal readonly record struct TakeResult(long Id, AccountId? Binding, Denial Denial, TimeSpan Delay);

/// <summary>Why a request has not got what it needs.</summary>
internal enum Denial : byte
{
    /// <summary>It has.</summary>
    None,

    /// <summary>Not now; later.</summary>
    NotNow,

    /// <summary>Not in this period of a budget: it is used up.</summary>
    Exhausted,

    /// <summary>It is more than the account ever holds.</summary>
    Never,

    /// <summary>Nobody can say: the ledger or the owner cannot be reached.</summary>
    Unavailable,
}
