using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases;

/// <summary>What operators see of budgets and do to them. Each act is durable when it returns, and done once however often it is asked for with the same id.</summary>
internal interface IBudgets
{
    /// <summary>All rows of an owner; none if it has none yet.</summary>
    ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation);

    /// <summary>Does it, and answers the account's row afterwards.</summary>
    ValueTask<BudgetActResult> ActAsync(string owner, BudgetAct act, CancellationToken cancellation);
}

internal enum BudgetActKind : byte
{
    /// <summary>Nothing of this period counts as spent any more; what is out stays out.</summary>
    Reset,

    /// <summary>More money, with a priority, and perhaps an expiry.</summary>
    Grant,

    /// <summary>Part of what was spent is given back.</summary>
    Refund,

    /// <summary>The limit of this period is raised, or lowered (negative), by this.</summary>
    Adjust,

    /// <summary>A hold in suspense has cost this; the rest goes back.</summary>
    Settle,

    /// <summary>What was posted to a period, be it over, was reckoned with a wrong price: more than that was spent, or less (negative). Beyond the limit too.</summary>
    Correct,
}

/// <param name="Id">Names the act: the <c>Idempotency-Key</c>, or one made for it.</param>
/// <param name="Kind">What.</param>
/// <param name="Account">To which account.</param>
/// <param name="Amount">Nano-dollars.</param>
/// <param name="Actor">Id of the admin.</param>
/// <param name="Reason">In the admin's words.</param>
internal sealed record BudgetAct(string Id, BudgetActKind Kind, AccountId Account, long Amount, string Actor, string? Reason)
{
    /// <summary>Of a grant: the lowest is used first.</summary>
    public int Priority { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool RollsOver { get; init; }

    /// <summary>Of a settlement: the session and the request's id; no id for what is out of a lease without a name.</summary>
    public Guid Session { get; init; }

    public string? Hold { get; init; }

    /// <summary>Of a settlement: number of the lease.</summary>
    public long Lease { get; init; }

    /// <summary>Of a correction: number of the period.</summary>
    public long Period { get; init; }

    /// <summary>Of a correction, where the window rolls: when that was spent.</summary>
    public DateTimeOffset At { get; init; }
}

/// <param name="Fault">Why it was not done, in words; none if it was.</param>
/// <param name="Before">The account before.</param>
/// <param name="After">The account afterwards.</param>
internal sealed record BudgetActResult(string? Fault, AccountRow? Before, AccountRow? After);
