using OrleansGateway.Cluster.Wire;

namespace OrleansGateway.Cluster.Scaling;

/// <summary>The one place where the cluster's nodes tell each other what they have to do. Any call may come twice.</summary>
[Alias("gateway.node-loads")]
internal interface INodeLoadsGrain : IGrainWithStringKey
{
    /// <summary>A node tells its load, once a second, and hears that of all.</summary>
    [Alias("share")]
    Task<WireNodeLoad[]> ShareAsync(Guid node, WireNodeLoad own, CancellationToken cancellation);
}
