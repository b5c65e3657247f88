using System.Collections.Concurrent;

namespace OrleansGateway.Configuration;

/// <summary>What a tenant is billed, compiled: prices agreed on, and a share of the cost for all else.</summary>
internal sealed class Tariff(TenantPriceSettings settings, string version)
{
    private readonly ConcurrentDictionary<string, PriceTimeline?> _agreed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<PriceTimeline, PriceTimeline> _shares = new(ReferenceEqualityComparer.Instance);

    /// <summary>What it is billed for calls of a model that cost so much; none if neither is known.</summary>
    /// <param name="model">The model's name as clients know it; one of the configuration's.</param>
    /// <param name="cost">What the provider bills.</param>
    public PriceTimeline? Of(string model, PriceTimeline? cost) => Agreed(model) ?? (cost is null ? null : _shares.GetOrAdd(cost, c => c.Times(settings.Percent)));

    private PriceTimeline? Agreed(string model) => settings.Models.Count == 0 ? null : _agreed.GetOrAdd(
        model, name => Price.Find(settings.Models, name) is { } stated ? new PriceTimeline(new Price(stated, version)) : null);
}
