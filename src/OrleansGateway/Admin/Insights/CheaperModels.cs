using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// What was spent at each target, and what the same tokens would have cost at the cheapest one that the operator has said is as good: another target or fallback of the same model,
/// or the model that a budget degrades it to. A call of the mean size is priced, times the number of calls.
/// </summary>
internal static class CheaperModels
{
    public static readonly UsageDimension[] By = [UsageDimension.Model, UsageDimension.Provider, UsageDimension.TargetModel];

    public static IEnumerable<InsightDocument> Of(IReadOnlyList<UsageRow> rows, Snapshot snapshot)
    {
        foreach (var row in rows)
        {
            var (spent, calls) = (row.Sums.Cost.Total, row.Sums.Attempts);
            if (spent <= 0 || calls == 0 || !snapshot.Models.TryGetValue(row.Values[0], out var model)) continue;
            var mean = MeanOf(row.Sums.Tokens, calls);
            var cheapest = EquivalentsOf(model, snapshot).Where(t => t.Price is not null && (t.Provider.Id, t.Model) != (row.Values[1], row.Values[2]))
                .Select(t => (Target: t, Cost: CostOf(t.Price!, mean) * calls)).OrderBy(t => t.Cost).FirstOrDefault();
            if (cheapest.Target is null || cheapest.Cost >= spent) continue;
            var (from, to) = ($"{row.Values[2]} at {row.Values[1]}", $"{cheapest.Target.Model} at {cheapest.Target.Provider.Id}");
            yield return InsightDocument.Of(
                "cheaper_model", null, $"{model.Name}: {from}",
                $"{NanoUsd.Format(spent)} USD went to {from}. The same tokens would have cost {NanoUsd.Format(cheapest.Cost)} USD with {to}, which the configuration names for the same model, or as the one to degrade to.",
                spent - cheapest.Cost, ("cost_nano_usd", spent), ("cheaper_cost_nano_usd", cheapest.Cost), ("attempts", calls), ("mean_input_tokens", mean.TotalInput), ("mean_output_tokens", mean.Output));
        }
    }

    public static long CostOf(Price price, in TokenUsage tokens) => Cost.Of(price, tokens).Total;

    private static IEnumerable<Target> EquivalentsOf(Model model, Snapshot snapshot)
    {
        var named = model.Targets.Concat(model.Fallbacks);
        foreach (var budget in snapshot.Settings.Budgets.Values.Where(b => b is { OnExceeded: OnExceeded.Degrade, DegradeTo: not null }))
        {
            var isMeant = budget.Match.Models.Count == 0 || new NamePatterns(budget.Match.Models).Matches(model.Name);
            if (isMeant && snapshot.Models.TryGetValue(budget.DegradeTo!, out var other)) named = named.Concat(other.Targets);
        }

        return named;
    }

    private static TokenUsage MeanOf(in TokenUsage tokens, long calls) => new()
    {
        Input = tokens.Input / calls, CacheRead = tokens.CacheRead / calls, CacheWrite = tokens.CacheWrite / calls, CacheWrite1h = tokens.CacheWrite1h / calls, Output = tokens.Output / calls,
        Reasoning = tokens.Reasoning / calls, AudioInput = tokens.AudioInput / calls, AudioOutput = tokens.AudioOutput / calls,
    };
}
