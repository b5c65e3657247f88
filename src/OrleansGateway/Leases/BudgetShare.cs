namespace OrleansGateway.Leases;

/// <summary>How much of a budget is spent.</summary>
/// <param name="Account">Which.</param>
/// <param name="Posted">Nano-dollars spent for good in the period.</param>
/// <param name="Limit">Nano-dollars that may be, credits and adjustments included.</param>
/// <param name="End">End of the period; none for budgets without.</param>
internal readonly record struct BudgetShare(AccountId Account, long Posted, long Limit, DateTimeOffset? End);
