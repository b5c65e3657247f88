namespace OrleansGateway.Admin;

/// <summary>The nodes of the cluster that this gateway is one of.</summary>
internal interface IClusterNodes
{
    /// <summary>Name of the cluster.</summary>
    string Cluster { get; }

    /// <summary>All nodes that have been heard of in the last ten minutes and have not left, by their names. Throws <see cref="IOException"/> if it cannot be known.</summary>
    Task<IReadOnlyList<NodeDocument>> ListAsync(CancellationToken cancellation);

    /// <summary>Tells a node to leave; false if there is none with this id. Throws <see cref="IOException"/> if it cannot be told.</summary>
    Task<bool> DrainAsync(string id, CancellationToken cancellation);
}
