using OrleansGateway.Cluster.Wire;
using OrleansGateway.Scaling;

namespace OrleansGateway.Cluster.Scaling;

/// <summary>The nodes of a cluster, as one of them knows the others.</summary>
internal sealed class ClusterNodeLoads(IGrainFactory grains, Guid node, ILogger<ClusterNodeLoads> log) : INodeLoads
{
    private const string Key = "all";

    private bool _isDeaf;

    public async ValueTask<IReadOnlyCollection<NodeLoad>?> ShareAsync(NodeLoad own, CancellationToken cancellation)
    {
        try
        {
            var all = await grains.GetGrain<INodeLoadsGrain>(Key).ShareAsync(node, WireNodeLoad.Of(own), cancellation);
            _isDeaf = false;
            return Array.ConvertAll(all, static l => l.ToLoad());
        }
#pragma warning disable CA1031 // Orleans has dozens, and passes on those of the other side; they all mean that it is not known.
        catch (Exception unknown)
#pragma warning restore CA1031
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_isDeaf) log.Deaf(unknown.Message);
            _isDeaf = true;
            return null;
        }
    }
}

internal static partial class ClusterNodeLoadsLog
{
    [LoggerMessage(3010, LogLevel.Warning, "The load of the other nodes is not known; how many replicas there should be stays as it is: {Reason}")]
    public static partial void Deaf(this ILogger log, string reason);
}
