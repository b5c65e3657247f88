using System.Collections.Concurrent;

namespace OrleansGateway.Invalidation;

/// <summary>What has been invalidated, by tenant.</summary>
internal sealed class InvalidationTable
{
    private readonly ConcurrentDictionary<string, TenantInvalidations> _tenants = new(StringComparer.Ordinal);
    private readonly TenantInvalidations _everybodys = new();

    /// <param name="tenant">Id of the tenant; none for what is everybody's.</param>
    public TenantInvalidations Of(string? tenant) => tenant is null ? _everybodys : _tenants.GetOrAdd(tenant, static _ => new TenantInvalidations());
}
