using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Tests.Leases.Owners;

[assembly: AssemblyFixture(typeof(OrleansGateway.Cluster.Tests.SharedCluster))]

namespace OrleansGateway.Cluster.Tests;

/// <summary>The owners of a cluster keep the contract: on two silos, each a process of its own, called by a third.</summary>
public sealed class GrainOwnersContractTests(SharedCluster shared) : LeaseOwnersContract, IAsyncLifetime
{
    private TestCluster _cluster = null!;

    private protected override ILeaseOwners Owners => _cluster.Owners;

    private protected override IOwnerViews Views => _cluster.Owners;

    private protected override IBudgets Budgets => _cluster.Owners;

    private protected override ILedgerStore Ledger => _cluster.Ledger;

    private protected override IOwnerEngine Engine => _cluster.Owners;

    public async ValueTask InitializeAsync() => _cluster = await shared.GetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The cluster of tests that do it no harm. Started by the first who needs it.</summary>
public sealed class SharedCluster : IAsyncDisposable
{
    private readonly Lazy<Task<TestCluster>> _cluster = new(() => TestCluster.StartAsync(LeaseOwnersContract.Rules, silos: 2, CancellationToken.None));

    internal Task<TestCluster> GetAsync() => _cluster.Value;

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated) await (await _cluster.Value).DisposeAsync();
    }
}
