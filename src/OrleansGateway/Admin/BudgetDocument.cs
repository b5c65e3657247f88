using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Admin;

/// <summary>
/// A budget as it stands for one of those it is for. Amounts are decimals of US dollars in texts. <c>Limit</c> has credits and adjustments in it; <c>Posted</c> is spent for good;
/// <c>Held</c> is with gateways, which may be spending it; <c>Suspense</c> was with gateways that died, and nobody knows what became of it; <c>Available</c> is the rest, negative after
/// the limit was lowered below what is out.
/// </summary>
internal sealed record BudgetDocument(
    string Budget, string Scope, string Limit, string Posted, string Held, string Suspense, string Available, DateTimeOffset? Start, DateTimeOffset? End,
    IReadOnlyList<CreditDocument> Credits)
{
    public static BudgetDocument Of(AccountRow row, LedgerRecord record)
    {
        var leases = record.Leases.Where(l => l.Account == row.Account && l.Period == row.Period).ToArray();
        return new BudgetDocument(
            BudgetEndpoints.IdOf(row.Account), row.Account.Scope, NanoUsd.Format(row.Limit), NanoUsd.Format(row.Posted),
            NanoUsd.Format(leases.Where(l => l.State == LeaseState.Live).Sum(l => l.Out)), NanoUsd.Format(leases.Where(l => l.State == LeaseState.Suspense).Sum(l => l.Out)),
            NanoUsd.Format(row.Available), row.Start, row.End, [.. record.Credits.Where(c => c.Account == row.Account && c.Amount > 0).Select(CreditDocument.Of)]);
    }
}

internal sealed record BudgetListDocument(IReadOnlyList<BudgetDocument> Budgets);

/// <summary>Money that an operator has added to a budget. The lowest priority is used first, then what expires first.</summary>
internal sealed record CreditDocument(string Id, string Amount, string Used, int Priority, DateTimeOffset GrantedAt, DateTimeOffset? ExpiresAt, bool RollsOver)
{
    public static CreditDocument Of(CreditRow row) => new(
        row.Id, NanoUsd.Format(row.Amount), NanoUsd.Format(row.Burned), row.Priority, row.GrantedAt, row.ExpiresAt, row.RollsOver);
}

/// <summary>
/// Money of which nobody knows whether it was spent, because the gateway that held it died. <c>Hold</c> is the id of the request that held it; <c>*</c> for what was held for requests
/// whose entries the journal has lost; none where there is no journal at all.
/// </summary>
internal sealed record SuspenseDocument(string Budget, string Scope, Guid Session, string? Hold, long Lease, string Amount, DateTimeOffset? At);

internal sealed record SuspenseListDocument(IReadOnlyList<SuspenseDocument> Suspense);

/// <summary>What an operator does to a budget.</summary>
internal sealed record BudgetActRequest
{
    /// <summary>Id of the budget in the configuration. Needed.</summary>
    public string? Budget { get; init; }

    /// <summary>Whom it is for, as the list of budgets shows it: <c>acme/research</c>. Needed, unless the budget is one for all.</summary>
    public string? Scope { get; init; }

    /// <summary>US dollars, as a decimal in a text: <c>"12.50"</c>. Needed, but for a reset. Negative only to adjust.</summary>
    public string? Amount { get; init; }

    /// <summary>Why, for the audit log; up to 256 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a grant: the lowest is used first. -1,000 to 1,000; default 0.</summary>
    public int? Priority { get; init; }

    /// <summary>Of a grant: from when on what is left of it is gone. Default: with the period.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of a grant: whether what is left goes into the next period. Default false.</summary>
    public bool? RollsOver { get; init; }

    /// <summary>Of a settlement: the session that the list of suspense shows. Needed.</summary>
    public Guid? Session { get; init; }

    /// <summary>Of a settlement: the request's id; left out for what is held for requests that are not known.</summary>
    public string? Hold { get; init; }

    /// <summary>Of a settlement: number of the lease. Needed.</summary>
    public long? Lease { get; init; }
}
