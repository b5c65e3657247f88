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

    /// <summary>What the cache of answers did save: nothing is left to do about it, so that it has no saving of its own.</summary>
    public static IEnumerable<InsightDocument> Saved(IReadOnlyList<UsageRecord> sample) =>
        from hit in sample
        where hit is { Cache: UsageCache.Hit, IsLast: true, Kind: UsageKind.Attempt, SavedTokens: > 0 } or { Cache: UsageCache.Hit, IsLast: true, Kind: UsageKind.Attempt, Saved: > 0 }
        group hit by (hit.Tenant, hit.Model) into hits
        let saved = hits.Sum(static r => r.Saved)
        let calls = sample.Count(r => r.Tenant == hits.Key.Tenant && r.Model == hits.Key.Model && r is { IsLast: true, Kind: UsageKind.Attempt, Cache: not UsageCache.None })
        select InsightDocument.Of(
            "cache_saved", hits.Key.Tenant, hits.Key.Model ?? "", $"{hits.Count()} of {calls} calls were answered from the cache. That has saved {NanoUsd.Format(saved)} USD.", null,
            ("saved_nano_usd", saved), ("saved_tokens", hits.Sum(static r => r.SavedTokens)), ("cache_hits", hits.Count()), ("calls", calls));
}
