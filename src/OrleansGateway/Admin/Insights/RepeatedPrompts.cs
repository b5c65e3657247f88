using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>Requests that came again, the same byte for byte, for the same model: what a cache of answers would have saved is what all but the first of each have cost.</summary>
internal static class RepeatedPrompts
{
    public static IEnumerable<InsightDocument> Of(IReadOnlyList<UsageRecord> sample)
    {
        var asked = sample.Where(r => r is { PromptHash: not null, Outcome: CallOutcome.Completed, IsLast: true, Kind: UsageKind.Attempt, Cache: not UsageCache.Hit });
        var repeated = asked.GroupBy(r => (r.Tenant, r.Model, r.PromptHash)).Where(g => g.Count() > 1).ToArray();
        foreach (var ofTenant in repeated.GroupBy(g => (g.Key.Tenant, g.Key.Model)))
        {
            var (times, cost, saving) = (0L, 0L, 0L);
            foreach (var prompt in ofTenant)
            {
                times += prompt.Count();
                cost += prompt.Sum(r => r.Cost.Total);
                saving += prompt.OrderBy(r => r.At).Skip(1).Sum(r => r.Cost.Total);
            }

            var distinct = ofTenant.Count();
            yield return InsightDocument.Of(
                "repeated_prompts", ofTenant.Key.Tenant, ofTenant.Key.Model ?? "", $"{distinct} requests came {times} times. A cache of answers would have saved {NanoUsd.Format(saving)} USD.", saving,
                ("distinct_requests", distinct), ("requests", times), ("most_times", ofTenant.Max(p => p.Count())), ("cost_nano_usd", cost));
        }
    }
}
