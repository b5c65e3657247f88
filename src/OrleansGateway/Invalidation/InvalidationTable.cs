using System.Collections.Concurrent;

namespace OrleansGateway.Invalidation;

/// <summary>What has been invalidated, by tenant.</summary>
internal sealed class InvalidationTable(InvalidationBounds? bounds = null)
{
    private readonly InvalidationBounds _bounds = bounds ?? InvalidationBounds.Default;
    private readonly ConcurrentDictionary<string, TenantInvalidations> _tenants = new(StringComparer.Ordinal);
    private readonly TenantInvalidations _everybodys = new(bounds ?? InvalidationBounds.Default);

    /// <summary>Ids of all that something has been stored or invalidated of.</summary>
    public IReadOnlyCollection<string> Tenants => (IReadOnlyCollection<string>)_tenants.Keys;

    /// <param name="tenant">Id of the tenant; none for what is everybody's.</param>
    public TenantInvalidations Of(string? tenant) =>
        tenant is null ? _everybodys : _tenants.TryGetValue(tenant, out var known) ? known : _tenants.GetOrAdd(tenant, static (_, bounds) => new TenantInvalidations(bounds), _bounds);
}

/// <summary>How much is remembered of one tenant's invalidations. What is beyond them makes more invalid than was asked for, and never less.</summary>
/// <param name="SelectorsMax">Most selectors that nothing stored carries, remembered for the fetches that are under way.</param>
/// <param name="PrefixesMax">Most prefixes remembered while something older than they is stored.</param>
internal sealed record InvalidationBounds(int SelectorsMax, int PrefixesMax)
{
    public static InvalidationBounds Default { get; } = new(SelectorsMax: 100_000, PrefixesMax: 10_000);
}
