using System.Collections.Concurrent;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Tests.Leases.Owners;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Cluster.Tests;

/// <summary>What becomes of invalidations when the silo with their hub is lost: two silos, two edges, and one publisher that does not stop.</summary>
public sealed class InvalidationFaultTests : IAsyncLifetime
{
    private const int Before = 10;
    private const int After = 10;

    private static readonly Selector Tag = new(SelectorKind.Tag, "a");

    private readonly ConcurrentQueue<long> _acknowledged = new();
    private TestCluster _cluster = null!;
    private TestEdge _publisher = null!;
    private TestEdge _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(LeaseOwnersContract.Rules, silos: 2, Cancel);
        (_publisher, _other) = (await TestEdge.StartAsync(_cluster, Cancel), await TestEdge.StartAsync(_cluster, Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _other.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Kill_OfTheHubsSilo_LosesNothingThatWasAcknowledged()
    {
        await PublishAsync(Before);
        await HubSilo().KillAsync(Cancel);
        await PublishAsync(After);
        await CheckAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Standstill_OfTheHubsSilo_LosesNothing_AndItsTwinAcknowledgesNothing()
    {
        await PublishAsync(Before);
        var twin = HubSilo();
        await TestCluster.SignalAsync(twin, "STOP", Cancel);
        await PublishAsync(After);
        await TestCluster.SignalAsync(twin, "CONT", Cancel);
        await twin.ExitAsync(Cancel);
        await PublishAsync(After);
        await CheckAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Stop_OfTheHubsSilo_HandsTheHubOver()
    {
        await PublishAsync(Before);
        var silo = HubSilo();
        silo.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        await PublishAsync(After);
        Assert.Equal(0, await silo.ExitAsync(Cancel));
        await CheckAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Death_OfPostgres_AcknowledgesNothing_AndLeavesEdgesTrusted()
    {
        await PublishAsync(Before);
        await _cluster.Postgres.KillAsync();
        await Assert.ThrowsAsync<InvalidationException>(async () => await _publisher.Sequencer.PublishAsync(Request("acme"), Cancel));
        // Longer than an edge goes by its last word.
        Assert.False(_publisher.Table.Trust.IsOver || _other.Table.Trust.IsOver, _cluster.Logs());
        await _cluster.Postgres.RestartAsync();
        await PublishAsync(After);
        await CheckAsync();
    }

    /// <summary>Publishes, and looks each time whether the other edge still has what was stored before: never, once it is acknowledged, unless it says that it may not be trusted.</summary>
    private async Task PublishAsync(int count)
    {
        var stored = _other.Table.Of("acme");
        for (var acknowledged = 0; acknowledged < count;)
        {
            using var fill = stored.BeginFill();
            using var set = stored.Intern(fill, "h", "h/", [Tag]);
            try
            {
                _acknowledged.Enqueue((await _publisher.Sequencer.PublishAsync(Request("acme"), Cancel)).Seq);
                acknowledged++;
                Assert.True(stored.IsSuspect || stored.Check(set, fill.Seq) == Standing.Gone, _cluster.Logs());
            }
            catch (InvalidationException)
            {
                // Not acknowledged: nothing was promised.
            }
        }
    }

    private async Task CheckAsync()
    {
        var last = _acknowledged.Max();
        await _other.Follower.AppliedAsync(last, Cancel);
        var log = (await new PostgresInvalidationLog(_cluster.Database, TimeProvider.System).ReadAsync(0, long.MaxValue, 100_000, Cancel))!;
        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => (long)i), log.Select(l => l.Seq));
        Assert.Equal(_acknowledged.Count, _acknowledged.Distinct().Count());
        Assert.All(_acknowledged, a => Assert.InRange(a, 1, log.Count));
        Assert.Equal(_acknowledged.Order(), _acknowledged);
    }

    private GatewayProcess HubSilo() => _cluster.Silos.Single(s => s.Errors.Text.Contains("invalidations are numbered here", StringComparison.Ordinal));

    private static InvalidationRequest Request(string tenant) => new(tenant, [Tag], InvalidationMode.Hard, null, null, "test");
}
