namespace OrleansGateway.Leases;

/// <summary>
/// What an edge tells an owner and asks of it. An edge has one request under way per owner, and sends the same one again until it is answered: numbers ascend, so that the
/// owner knows one it has had. All that is reported is a total since the lease began, so that nothing is counted twice, or lost, whatever the network does.
/// </summary>
internal sealed record LeaseRequest
{
    /// <summary>The edge's life: another one after each start.</summary>
    public required Guid Session { get; init; }

    /// <summary>Ascends by one from 1 within a session and epoch.</summary>
    public required long Number { get; init; }

    /// <summary>The owner's life that this edge has last heard of; 0 before it has heard of any.</summary>
    public required long Epoch { get; init; }

    public IReadOnlyList<LeaseReport> Reports { get; init; } = [];

    /// <summary>Requests that wait for exactly this.</summary>
    public IReadOnlyList<TakeRequest> Takes { get; init; } = [];

    /// <summary>Whether the edge is about to end and gives everything back.</summary>
    public bool IsLast { get; init; }
}

/// <summary>Where an edge stands with one account, and what it would like.</summary>
/// <param name="Account">Which.</param>
/// <param name="Lease">Number of the lease at this edge: ascends with each that is opened in the session, whatever the account.</param>
/// <param name="Spent">Units used for good since the lease began.</param>
/// <param name="Returned">Units given back since the lease began; the edge uses them no more.</param>
/// <param name="Want">Units it would like to have more; 0 for none.</param>
/// <param name="TypicalHold">What a request takes there, on average; the owner goes by it when little is left.</param>
/// <param name="IsFinal">Whether this closes the lease: nothing of it is held or to hand any more.</param>
/// <param name="Granted">
/// Units granted since the lease began, as far as the edge has heard. An owner that does not know the lease takes it over as it is if it is of slots, which requests are in; it is over
/// for all others.
/// </param>
internal readonly record struct LeaseReport(AccountId Account, long Lease, long Spent, long Returned, long Want, long TypicalHold, bool IsFinal, long Granted = 0);

/// <summary>Units on several accounts of one owner: all, or none.</summary>
/// <param name="Id">Names it within the session; ascending.</param>
/// <param name="Items">What, on which accounts. The account stands among the reports of the same request or an earlier one, with an open lease.</param>
/// <param name="Priority">0 low, 1 normal, 2 high: for accounts with floors.</param>
/// <param name="WaitMax">How long the request may be put off where an account would have it then: shaping. The grant says how long.</param>
internal sealed record TakeRequest(long Id, IReadOnlyList<TakeItem> Items, byte Priority = 1, TimeSpan WaitMax = default);

internal readonly record struct TakeItem(AccountId Account, long Lease, long Units);

/// <summary>An owner's answer.</summary>
internal sealed record LeaseReply
{
    /// <summary>The request that it answers.</summary>
    public required long Number { get; init; }

    /// <summary>The owner's life. A higher one than the edge knew: it registers anew; a lower one: the reply is dropped.</summary>
    public required long Epoch { get; init; }

    /// <summary>
    /// Whether the owner does not know this session, or has another epoch: report everything, from number 1 on. Leases without money are closed and opened anew then, under new
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
internal readonly record struct LeaseGrant(AccountId Account, long Lease, long Granted, long Period, TimeSpan Lifetime, bool IsExact, long Recall);

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

/// <summary>Where requests to owners go: behind a lock in this process, or to grains. An owner has all accounts of one tenant (<c>tenant:acme</c>), or those of one rule that no tenant has (<c>rule:per-ip</c>).</summary>
internal interface ILeaseOwners
{
    /// <summary>
    /// The owner's answer. Safe to call again with the same request. Throws <see cref="TimeoutException"/> or <see cref="IOException"/> if there is none; the request may have been
    /// acted on then.
    /// </summary>
    ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation);
}
