using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Calls that would have cost less with the same model at another provider of the configuration, or at another vendor of the price book: each call is priced there with its own tokens
/// by class, at its service tier, by its length, as of when it was made. What a seller has no price for is not compared with it.
/// </summary>
internal static class CheaperProviders
{
    public static IEnumerable<InsightDocument> Of(IReadOnlyList<UsageRecord> sample, Snapshot snapshot)
    {
        foreach (var group in sample.Where(IsComparable).GroupBy(r => new Bought(r.Model!, r.Provider!, r.TargetModel!, r.ServiceTier)))
        {
            var (bought, calls) = (group.Key, group.ToArray());
            var cheapest = ModelSellers.Of(snapshot, snapshot.Models.GetValueOrDefault(bought.Model), bought.Provider, bought.Target)
                .Select(seller => new Offer(seller, calls, snapshot.Settings.PriceBook.AsOf)).Where(offer => offer.IsWhole)
                .OrderBy(offer => offer.Cost).ThenByDescending(offer => offer.Seller.IsConfigured).FirstOrDefault();
            var spent = calls.Sum(r => r.Cost.Total);
            if (cheapest is not null && cheapest.Cost < spent) yield return Tell(bought, calls, spent, cheapest);
        }
    }

    // Searches are another product elsewhere, few list audio, and of a bound nobody knows the tokens.
    private static bool IsComparable(UsageRecord record) => record is
    {
        Kind: UsageKind.Attempt, Model: not null, Provider: not null, TargetModel: not null, Source: UsageSource.Provider or UsageSource.Counted, Cost.Total: > 0,
        Tokens: { WebSearches: 0, AudioInput: 0, AudioOutput: 0, ImageOutput: 0 },
    };

    private static InsightDocument Tell(Bought bought, UsageRecord[] calls, long spent, Offer offer)
    {
        var (seller, isLong) = (offer.Seller, offer.LongCalls);
        var prices = (bought.Tier is { } tier ? $"its prices for {tier}" : "its standard prices") + (isLong > 0 ? $", {isLong} at those of long contexts" : "");
        var source = seller.IsConfigured ? "a provider of the configuration" : $"by the price book ({offer.Version})";
        return InsightDocument.Of(
            "cheaper_provider", null, $"{bought.Model}: {bought.Target} at {bought.Provider}, {seller.Model} at {seller.Name}",
            $"{calls.Length} calls cost {NanoUsd.Format(spent)} USD with {bought.Target} at {bought.Provider}. The very same tokens would have cost {NanoUsd.Format(offer.Cost)} USD with {seller.Model} at {seller.Name}, {source}, at {prices}.",
            spent - offer.Cost, ("attempts", calls.Length), ("cost_nano_usd", spent), ("cheaper_cost_nano_usd", offer.Cost), ("input_tokens", calls.Sum(r => r.Tokens.Input)),
            ("cache_read_tokens", calls.Sum(r => r.Tokens.CacheRead)), ("cache_write_tokens", calls.Sum(r => r.Tokens.CacheWrite)), ("cache_write_1h_tokens", calls.Sum(r => r.Tokens.CacheWrite1h)),
            ("output_tokens", calls.Sum(r => r.Tokens.Output)), ("long_context_attempts", isLong));
    }

    private sealed record Bought(string Model, string Provider, string Target, string? Tier);

    /// <summary>What a seller would have asked for the same calls.</summary>
    private sealed class Offer
    {
        public Offer(ModelSeller seller, UsageRecord[] calls, DateTimeOffset? asOf)
        {
            Seller = seller;
            foreach (var call in calls)
            {
                var price = seller.Prices.At(asOf ?? call.At);
                var rates = price.Of(call.ServiceTier).For(call.Tokens.TotalInput);
                // Writes for an hour cost more than those for minutes: at the same price nobody has said what.
                IsWhole &= (call.ServiceTier is null || price.ServiceTiers.ContainsKey(call.ServiceTier)) && (call.Tokens.CacheWrite1h == 0 || rates.CacheWrite1h > rates.CacheWrite);
                Cost += Prices.Cost.Of(price, call.Tokens, call.ServiceTier).Total;
                if (rates != price.Of(call.ServiceTier).Rates) LongCalls++;
                Version = price.Version;
            }
        }

        public ModelSeller Seller { get; }
        public long Cost { get; }
        public int LongCalls { get; }
        public string? Version { get; }

        /// <summary>Whether it has a price for all of it.</summary>
        public bool IsWhole { get; } = true;
    }
}
