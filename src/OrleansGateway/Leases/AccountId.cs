namespace OrleansGateway.Leases;

/// <summary>
/// Names one account: the rule that makes it (<c>rate_limits.per-key</c>, <c>budgets.team-month</c>) and whom it is for, the values of the rule's parts with slashes
/// between (<c>acme/research</c>). It outlives changes of the rule, so that a change resets nothing.
/// </summary>
internal readonly record struct AccountId(string Rule, string Scope)
{
    public override string ToString() => Scope.Length == 0 ? Rule : $"{Rule}[{Scope}]";
}
