using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Invalidation;
using OrleansGateway.Tests.Invalidation;

namespace OrleansGateway.Cluster.Tests;

/// <summary>The sequence of a cluster keeps the contract: its hub is on one of two silos, and the tests are an edge.</summary>
public sealed class ClusterSequencerContractTests(SharedCluster shared) : SequencerContract
{
    internal override async Task<ISequencerBed> StartAsync() => await TestEdge.StartAsync(await shared.GetAsync(), Cancel);
}

/// <summary>An edge of a test cluster, as far as invalidations go.</summary>
internal sealed class TestEdge : ISequencerBed
{
    private readonly TestCluster _cluster;

    private TestEdge(TestCluster cluster) => (_cluster, Follower, Sequencer) = (cluster, null!, null!);

    public HubFollower Follower { get; private set; }

    public IInvalidationSequencer Sequencer { get; private set; }

    public InvalidationTable Table { get; private set; } = new();

    /// <summary>Returns when it has begun to follow.</summary>
    public static async Task<TestEdge> StartAsync(TestCluster cluster, CancellationToken cancellation)
    {
        var edge = new TestEdge(cluster);
        edge.Begin();
        await edge.Follower.AppliedAsync(0, cancellation);
        return edge;
    }

    public async Task RestartAsync()
    {
        await Follower.DisposeAsync();
        Table = new InvalidationTable();
        Begin();
    }

    public ValueTask DisposeAsync() => Follower.DisposeAsync();

    private void Begin()
    {
        Follower = new HubFollower(_cluster.Grains, Table, remembers: 0, TimeProvider.System, NullLogger<HubFollower>.Instance);
        Sequencer = new ClusterSequencer(_cluster.Grains, Follower, TimeProvider.System);
        Follower.Start();
    }
}
