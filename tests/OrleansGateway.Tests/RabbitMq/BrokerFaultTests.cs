using OrleansGateway.Tests.Events;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>Brokers, connections and gateways that die in the middle: what was confirmed to a publisher is applied, once for each event.</summary>
[Collection(BrokerTests.Name)]
public sealed class BrokerFaultTests(SharedBroker shared)
{
    private const string Shop = """
        invalidation:
          sources:
            shop: {tenants: [acme]}
        RABBIT
          queues:
            shop: {broker: main, source: shop, prefetch: 50}
        """;

    private const string Exchange = "gateway.invalidation.shop";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Broker_RestartedInTheMiddle_LosesNothing()
    {
        // A broker of its own, for it is stopped.
        await using var broker = await Broker.StartAsync();
        await using var bed = await RabbitBed.StartAsync(broker, Shop);
        await bed.UntilReadyAsync();
        for (var i = 0; i < 300; i++)
        {
            await bed.PublishAsync(Exchange, $$"""{"tags": ["p{{i}}"], "event_id": "{{i}}"}""");
            if (i == 150) await bed.Broker.RestartAsync();
        }

        await bed.UntilAppliedAsync("acme", 300);
        Assert.Equal(300, bed.Table.Of("acme").Applied);
        await bed.UntilReadyAsync();
        Assert.Empty(await bed.ParkedAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Connection_CutAgainAndAgain_LosesNothing()
    {
        var broker = await shared.Running;
        await using var proxy = new BreakingProxy(broker.Port);
        await using var bed = await RabbitBed.StartAsync(broker, Shop, port: proxy.Port);
        await bed.UntilReadyAsync();
        for (var i = 0; i < 400; i++)
        {
            await bed.PublishAsync(Exchange, $$"""{"tags": ["p{{i}}"], "event_id": "{{i}}"}""");
            if (i % 100 == 50) proxy.Cut();
        }

        await bed.UntilAppliedAsync("acme", 400);
        Assert.Equal(400, bed.Table.Of("acme").Applied);
        Assert.True(proxy.Connections > 1);
        proxy.Refuses = true;
        proxy.Cut();
        await EventBed.UntilAsync(async () => (await bed.ReadinessAsync()).Contains("RabbitMQ, queue shop", StringComparison.Ordinal));
        proxy.Refuses = false;
        await bed.UntilReadyAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Gateway_KilledInTheMiddle_AppliesAllAfterItsStart()
    {
        var broker = await shared.Running;
        // Its virtual host, and the publisher, are those of a gateway that reads nothing.
        await using var bed = await RabbitBed.StartAsync(broker, "RABBIT");
        using var folder = new OperationsFolder(more: Shop.Replace("RABBIT", "rabbitmq:\n  brokers: {main: " + RabbitBed.BrokerYaml(broker.Port, bed.VirtualHost) + "}", StringComparison.Ordinal));
        var published = 0;
        for (var life = 0; life < 3; life++)
        {
            await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
            using var client = new HttpClient();
            await EventBed.UntilAsync(async () => await client.GetStringAsync(new Uri(gateway.Admin, "/readyz"), Cancel) == """{"status":"ready"}""");
            var publishing = Task.Run(async () =>
            {
                for (var i = 0; i < 200; i++) await bed.PublishAsync(Exchange, $$"""{"tags": ["p{{published + i}}"], "event_id": "{{published + i}}"}""");
            }, Cancel);
            // While some are on their way.
            await EventBed.UntilAsync(async () => await HeadAsync(folder.PathOf(".gateway")) > published + 20);
            await gateway.KillAsync(Cancel);
            await publishing;
            published += 200;
        }

        await using (var last = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            await EventBed.UntilAsync(async () => await HeadAsync(folder.PathOf(".gateway")) >= published);
            await bed.UntilAsync(Exchange, ready: 0, readers: 1);
        }

        Assert.Equal(published, await HeadAsync(folder.PathOf(".gateway")));
    }

    /// <summary>How far the sequence of the tenant is, in the store of a gateway that may be running.</summary>
    private static async Task<long> HeadAsync(string state)
    {
        using var database = new CacheDatabase(SqliteDatabase.OpenCache(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));
        var kept = await new SqliteInvalidationLog(database, TimeProvider.System).LoadAsync(Cancel);
        return kept.SingleOrDefault(k => k.Tenant == "acme")?.Head ?? 0;
    }
}
