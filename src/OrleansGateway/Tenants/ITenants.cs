using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>Which tenants there are. Asked on every request: answers from memory.</summary>
internal interface ITenants
{
    /// <summary>The tenant with its teams and users; none if there is none.</summary>
    TenantSettings? Find(Snapshot snapshot, string id);
}
