using OrleansGateway.Cluster.Wire;

namespace OrleansGateway.Cluster.Scaling;

/// <summary>The roll as a grain. It keeps nothing: one that begins anew knows all within a second, and no node asks for fewer replicas by what it hears in one.</summary>
[GrainType("node-loads")]
internal sealed class NodeLoadsGrain(TimeProvider time) : Grain, INodeLoadsGrain
{
    private readonly long _began = time.GetTimestamp();
    private readonly NodeRoll _roll = new();

    public Task<WireNodeLoad[]> ShareAsync(Guid node, WireNodeLoad own, CancellationToken cancellation) =>
        Task.FromResult(Array.ConvertAll(_roll.Take(node, own.ToLoad(), time.GetElapsedTime(_began)), WireNodeLoad.Of));
}
