namespace OrleansGateway.Leases;

/// <summary>One account as an edge knows it: shared by all requests that it applies to.</summary>
internal sealed class Account(string owner, AccountId id, AccountSpec spec)
{
    /// <summary>Who has it: see <see cref="ILeaseOwners"/>.</summary>
    public string Owner => owner;

    public AccountId Id => id;

    /// <summary>As the configuration says now.</summary>
    public AccountSpec Spec { get; set; } = spec;
}
