using System.Diagnostics.Metrics;
using OrleansGateway.Leases;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Limits;

/// <summary>
/// Shows how much of budgets is spent. Looks at what is in memory when it is asked and never at the database; of an owner that was dropped from memory, because
/// nobody calls, it shows what it saw last, until the period ends.
/// </summary>
internal sealed class BudgetGauge(RuleTables tables, TimeProvider time)
{
    /// <summary>Most series: those with the greatest share.</summary>
    private const int SeriesMax = 1_000;

    private readonly Lock _turn = new();
    private readonly Dictionary<(string Rule, string? Tenant), (double Share, DateTimeOffset? End)> _seen = [];

    /// <param name="metrics">Where it is shown.</param>
    /// <param name="shares">What is spent of the budgets in memory.</param>
    public void Watch(GatewayMetrics metrics, Func<IEnumerable<BudgetShare>> shares) => metrics.Meter.CreateObservableGauge(
        "gateway.budget.used.ratio", () => Observe(shares()), "1", "Share of a budget that is spent; of several of a tenant by one rule, the greatest.");

    private Measurement<double>[] Observe(IEnumerable<BudgetShare> shares)
    {
        lock (_turn)
        {
            var table = tables.Current;
            var now = time.GetUtcNow();
            foreach (var of in shares.Where(s => IsShown(table, s.Account.Rule)).GroupBy(s => KeyOf(table, s.Account)))
            {
                var most = of.MaxBy(Share);
                _seen[of.Key] = (Share(most), most.End);
            }

            foreach (var (key, seen) in _seen)
            {
                if (seen.End <= now || !IsShown(table, key.Rule)) _seen.Remove(key);
            }

            return [.. _seen.OrderByDescending(s => s.Value.Share).Take(SeriesMax).Select(s => new Measurement<double>(
                s.Value.Share, new("rule", s.Key.Rule), new KeyValuePair<string, object?>("tenant", s.Key.Tenant)))];
        }
    }

    // What is spent beyond a soft budget has no share of its own.
    private static bool IsShown(RuleTable table, string rule) => table.Rules.Any(r => r.Id == rule && r.Budget is not null);

    private static (string Rule, string? Tenant) KeyOf(RuleTable table, AccountId account) =>
        (account.Rule, table.RuleOf(account) is { IsOfTenant: true } ? ScopeText.First(account.Scope) : null);

    private static double Share(BudgetShare share) => share.Limit > 0 ? (double)share.Posted / share.Limit : 1;
}
