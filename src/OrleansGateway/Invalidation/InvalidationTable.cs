using System.Collections.Concurrent;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Invalidation;

/// <summary>What has been invalidated, by tenant.</summary>
internal sealed class InvalidationTable
{
    private readonly InvalidationBounds _bounds;
    private readonly ConcurrentDictionary<string, TenantInvalidations> _tenants = new(StringComparer.Ordinal);
    private readonly TenantInvalidations _everybodys;

    public InvalidationTable(InvalidationBounds? bounds = null)
    {
        _bounds = bounds ?? InvalidationBounds.Default;
        _everybodys = new TenantInvalidations(_bounds, Trust);
    }

    /// <summary>How long to go by it.</summary>
    public TableTrust Trust { get; } = new();

    /// <summary>Ids of all that something has been stored or invalidated of.</summary>
    public IReadOnlyCollection<string> Tenants => (IReadOnlyCollection<string>)_tenants.Keys;

    /// <param name="tenant">Id of the tenant; none for what is everybody's.</param>
    public TenantInvalidations Of(string? tenant) =>
        tenant is null ? _everybodys : _tenants.TryGetValue(tenant, out var known) ? known : _tenants.GetOrAdd(tenant, static (_, table) => new TenantInvalidations(table._bounds, table.Trust), this);

    /// <summary>
    /// Applies the next of a sequence that all tenants share. Nothing is kept of a tenant that nothing is stored of: what is fetched for it from now on is fetched after the invalidation.
    /// </summary>
    public void ApplyShared(NumberedInvalidation next)
    {
        if (next.Tenant == Mapping.AllTenants) ApplyToAll(next);
        else if (next.Tenant is null) _everybodys.Apply(next, isNext: true);
        else if (_tenants.TryGetValue(next.Tenant, out var known)) known.Apply(next, isNext: true);
    }

    /// <summary>Nobody can say any more what was invalidated before that place of a sequence that all tenants share: nothing stored or being fetched is valid.</summary>
    public void Forget(long seq) => ApplyToAll(new NumberedInvalidation(Mapping.AllTenants, seq, [Selector.All], InvalidationMode.Hard));

    private void ApplyToAll(NumberedInvalidation next)
    {
        _everybodys.Apply(next, isNext: true);
        foreach (var tenant in _tenants.Values) tenant.Apply(next, isNext: true);
    }
}

/// <summary>How much is remembered of one tenant's invalidations. What is beyond them makes more invalid than was asked for, and never less.</summary>
/// <param name="SelectorsMax">Most selectors that nothing stored carries, remembered for the fetches that are under way.</param>
/// <param name="PrefixesMax">Most prefixes remembered while something older than they is stored.</param>
internal sealed record InvalidationBounds(int SelectorsMax, int PrefixesMax)
{
    public static InvalidationBounds Default { get; } = new(SelectorsMax: 100_000, PrefixesMax: 10_000);
}
