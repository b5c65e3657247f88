namespace OrleansGateway.Leases.Edges;

/// <summary>What an edge's core tells its host, from any thread, perhaps in the middle of an admission: to be noted, and acted on elsewhere.</summary>
internal class EdgeSignals
{
    /// <summary>There is something to say to this owner.</summary>
    public Action<OwnerLink> Wake { get; init; } = _ => { };

    /// <summary>Units went back to an account that requests wait for.</summary>
    public Action<Account> Freed { get; init; } = _ => { };

    /// <summary>A request used more than it held: this many units.</summary>
    public Action<Account, long> Overrun { get; init; } = (_, _) => { };
}
