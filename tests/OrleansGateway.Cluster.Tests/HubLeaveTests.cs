using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Cluster.Tests;

/// <summary>A hub whose silo stops must not be held up by publishers that wait for edges.</summary>
public sealed class HubLeaveTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly Guid s_edge = new("11111111-0000-0000-0000-000000000000");
    private static readonly InvalidationRequest s_request = new("acme", [new Selector(SelectorKind.Tag, "a")], InvalidationMode.Hard, null, null, "test");

    private readonly ManualTime _time = new();
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), TimeProvider.System, NullLogger<PostgresDatabase>.Instance, Cancel);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact(Timeout = 120_000)]
    public async Task Leave_WithAPublisherWaitingForAnEdge_LetsItGoUnacknowledged_AndNumbersNothingMore()
    {
        var log = new PostgresInvalidationLog(_database, TimeProvider.System);
        var roll = new EdgeRoll(InvalidationHub.SilenceMax, TimeSpan.MinValue);
        roll.Answered(s_edge, 0, TimeSpan.Zero);
        var hub = new InvalidationHub(log, await log.TakeOverAsync(Cancel), roll, new HubParts(_time, static () => TimeSpan.Zero, static () => true));
        var waiting = hub.PublishAsync([s_request], Cancel);
        while (await log.ReadAsync(0, long.MaxValue, 10, Cancel) is not { Count: > 0 }) await Task.Yield();
        Assert.False(waiting.IsCompleted);

        hub.Leave();

        Assert.Null(await waiting);
        Assert.Null(await hub.PublishAsync([s_request], Cancel));
        Assert.Single((await log.ReadAsync(0, long.MaxValue, 10, Cancel))!);
        Assert.False(hub.IsRetired);
    }
}
