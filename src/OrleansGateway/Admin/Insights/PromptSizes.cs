using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Oversized prompts: calls of a key with a model, of 10,000 input tokens or more and a hundred times what came back. Unused prompt caches: 20 calls or more of one key with one
/// model, of 2,048 input tokens or more in the mean, none of which was read from the provider's cache, where it has a lower price for that.
/// </summary>
internal static class PromptSizes
{
    private const long OversizedMin = 10_000;
    private const long OversizedRatio = 100;
    private const long CachedMin = 2_048;
    private const int CallsMin = 20;

    public static readonly UsageDimension[] By = [UsageDimension.Tenant, UsageDimension.Key, UsageDimension.Model, UsageDimension.Provider, UsageDimension.TargetModel];

    public static IEnumerable<InsightDocument> Oversized(IReadOnlyList<UsageRecord> sample)
    {
        var oversized = sample.Where(r => r.Operation == "chat" && r.Tokens.TotalInput >= OversizedMin && r.Tokens.TotalInput >= OversizedRatio * Math.Max(1, r.Tokens.Output));
        foreach (var group in oversized.GroupBy(r => (r.Tenant, r.Key, r.Model)))
        {
            var (count, input, output) = (group.Count(), group.Sum(r => r.Tokens.TotalInput), group.Sum(r => r.Tokens.Output));
            var cost = group.Sum(r => r.Cost.Total);
            yield return InsightDocument.Of(
                "oversized_prompts", group.Key.Tenant, $"{group.Key.Key} {group.Key.Model}",
                $"{count} calls sent {input} tokens for {output} that came back, for {NanoUsd.Format(cost)} USD. Look what is in them.", null, ("calls", count), ("input_tokens", input),
                ("output_tokens", output), ("most_input_tokens", group.Max(r => r.Tokens.TotalInput)), ("cost_nano_usd", cost));
        }
    }

    public static IEnumerable<InsightDocument> Uncached(IReadOnlyList<UsageRow> rows, Snapshot snapshot)
    {
        foreach (var row in rows)
        {
            var (calls, tokens) = (row.Sums.Attempts, row.Sums.Tokens);
            if (calls < CallsMin || tokens.CacheRead > 0 || tokens.TotalInput / calls < CachedMin || PriceOf(row, snapshot) is not { } price) continue;
            var mean = tokens.TotalInput / calls;
            // All but the first call can read at most its whole input from the cache; what of it repeats nobody knows here.
            var most = (CheaperModels.CostOf(price, new TokenUsage { Input = mean }) - CheaperModels.CostOf(price, new TokenUsage { CacheRead = mean })) * (calls - 1);
            if (most <= 0) continue;
            yield return InsightDocument.Of(
                "unused_prompt_cache", row.Values[0], $"{row.Values[1]} {row.Values[2]}",
                $"{calls} calls of {mean} input tokens in the mean read none of them from the prompt cache of {row.Values[3]}. If their beginnings are the same, up to {NanoUsd.Format(most)} USD could be saved.",
                null, ("calls", calls), ("mean_input_tokens", mean), ("cache_read_tokens", 0), ("cost_nano_usd", row.Sums.Cost.Total), ("saving_at_most_nano_usd", most));
        }
    }

    private static Price? PriceOf(UsageRow row, Snapshot snapshot) => snapshot.Models.TryGetValue(row.Values[2], out var model)
        ? model.Targets.Concat(model.Fallbacks).FirstOrDefault(t => (t.Provider.Id, t.Model) == (row.Values[3], row.Values[4]))?.Price
        : null;
}
