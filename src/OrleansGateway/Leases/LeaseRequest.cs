namespace OrleansGateway.Leases;

/// <summary>
/// What an edge tells an owner and asks of it. An edge has one request under way per owner, and sends the same one again until it is answered: numbers ascend, so that the
/// owner knows one it has had. All that is reported is a total since the lease began, so that nothing is counted twice, or lost, whatever the network does.
/// </summary>
internal sealed record LeaseRequest
{
    /// <summary>The edge's life: another one after each start.</summary>
    public required Guid Session { get; init; }

    /// <summary>Ascends by one from 1 within a session, whoever the owner is: an answer that comes seconds late is never taken for that to another request.</summary>
    public required long Number { get; init; }

    /// <summary>The owner's life that this edge has last heard of; 0 before it has heard of any.</summary>
    public required long Epoch { get; init; }

    /// <summary>Whether the session makes itself known with it: to an owner's new life, or after it was silent for long. It reports all that it has of money.</summary>
    public bool Registers { get; init; }

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
