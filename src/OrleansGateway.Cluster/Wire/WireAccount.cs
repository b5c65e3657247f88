using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="AccountId"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.account")]
internal readonly record struct WireAccount
{
    [Id(0)]
    public string Rule { get; init; }

    [Id(1)]
    public string Scope { get; init; }

    public static WireAccount Of(AccountId id) => new() { Rule = id.Rule, Scope = id.Scope };

    public AccountId ToId() => new(Rule, Scope);
}
