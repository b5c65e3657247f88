using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Admin.Insights;

/// <summary>Budgets of which 80 % or more is spent or held in the period that it is now.</summary>
internal static class NearLimits
{
    private const int NearPercent = 80;

    public static IEnumerable<InsightDocument> Of(LedgerRecord record, string? tenant)
    {
        foreach (var periods in record.Accounts.Where(a => a.Account.Rule.StartsWith("budgets.", StringComparison.Ordinal)).GroupBy(a => a.Account))
        {
            var now = periods.MaxBy(p => p.Period)!;
            var used = now.Limit - now.Available;
            if (now.Limit <= 0 || (Int128)used * 100 < (Int128)now.Limit * NearPercent) continue;
            var percent = (long)((Int128)used * 100 / now.Limit);
            yield return InsightDocument.Of(
                "near_limit", tenant, $"{BudgetEndpoints.IdOf(now.Account)} {now.Account.Scope}".TrimEnd(),
                $"{percent} % of {NanoUsd.Format(now.Limit)} USD is spent or held" + (now.End is { } end ? $", until {end.UtcDateTime:yyyy-MM-dd HH:mm}Z." : "."), null,
                ("limit_nano_usd", now.Limit), ("posted_nano_usd", now.Posted), ("available_nano_usd", now.Available), ("used_percent", percent));
        }
    }
}
