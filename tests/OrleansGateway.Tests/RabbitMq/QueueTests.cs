using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Tests.Events;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>What comes by a queue is applied before it is acknowledged, and what cannot be is kept and put aside.</summary>
[Collection(BrokerTests.Name)]
public sealed class QueueTests(SharedBroker shared)
{
    private const string Shop = """
        invalidation:
          sources:
            shop: {tenants: [acme]}
        RABBIT
          queues:
            shop: {broker: main, source: shop, prefetch: 20}
        """;

    private const string Exchange = "gateway.invalidation.shop";
    private const string Queue = "gateway.invalidation.shop";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Messages_OfSeveralShapes_PurgeWhatTheySelectAndNothingElse()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, """
            invalidation:
              sources:
                plain: {tenants: ["*"]}
                cloud: {tenants: ["*"], format: cloudevents, rules: [{types: [shop.product.*], tags: ["product-{id}"]}]}
                rows: {tenants: ["*"], format: debezium, rules: [{types: [public.products], tags: ["product-{id}"]}]}
                bus: {tenants: ["*"], format: masstransit, rules: [{types: ["*"], tags: ["product-{productId}"]}]}
            RABBIT
              queues:
                plain: {broker: main, source: plain}
                cloud: {broker: main, source: cloud, exchange: shop.events, keys: ["product.*"]}
                rows: {broker: main, source: rows}
                bus: {broker: main, source: bus}
            """);
        await bed.UntilReadyAsync();
        foreach (var product in (string[])["/product-1", "/product-2", "/product-3", "/product-4", "/product-5"])
        {
            Assert.False(await bed.IsHitAsync(product));
            Assert.True(await bed.IsHitAsync(product));
        }

        await bed.PublishAsync("gateway.invalidation.plain", """{"tags": ["product-1"]}""");
        await bed.PublishAsync("shop.events", """{"id": 2}""", key: "product.changed", headers: new()
        {
            ["cloudEvents:specversion"] = "1.0", ["cloudEvents:type"] = "shop.product.changed", ["cloudEvents:source"] = "/shop", ["cloudEvents:id"] = "A1",
        });
        await bed.PublishAsync("gateway.invalidation.rows", """{"before": {"id": 3}, "after": null, "source": {"schema": "public", "table": "products"}, "op": "d"}""");
        await bed.PublishAsync("gateway.invalidation.bus", """{"messageId": "1", "messageType": ["urn:message:Shop:ProductChanged"], "message": {"productId": 4}}""");
        foreach (var source in (string[])["plain", "cloud", "rows", "bus"]) await bed.UntilConsumedAsync(source, 1);
        foreach (var product in (string[])["/product-1", "/product-2", "/product-3", "/product-4"]) Assert.False(await bed.IsHitAsync(product), product);
        Assert.True(await bed.IsHitAsync("/product-5"));
        Assert.Empty(await bed.ParkedAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Messages_ThatAreRefused_AreKeptWithTheReasonAndDeadLettered_AndHoldUpNobody()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Shop);
        await bed.UntilReadyAsync();
        for (var i = 0; i < 60; i++)
        {
            await bed.PublishAsync(Exchange, $$"""{"tags": ["a"], "event_id": "{{i}}"}""");
            await bed.PublishAsync(Exchange, (i % 3) switch
            {
                0 => "no json",
                1 => """{"tags": ["a"], "tenant": "closed"}""",
                _ => """{"tags": ["a"], "junk": """ + '"' + new string('x', 300_000) + "\"}",
            });
        }

        await bed.UntilConsumedAsync("shop", 120);
        Assert.Equal(60, bed.Table.Of("acme").Applied);
        Assert.Equal(0, bed.Table.Of("closed").Applied);
        var codes = (await bed.ParkedAsync()).Select(m => m.GetProperty("code").GetString()!).CountBy(c => c).ToDictionary();
        Assert.Equal(new Dictionary<string, int> { ["unreadable"] = 20, ["tenant_not_allowed"] = 20, ["too_large"] = 20 }, codes);
        await bed.UntilAsync(Queue + ".dead", ready: 60, readers: 0);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Messages_RepeatedAndOutOfOrder_CountOnceEach(int seed)
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Shop);
        await bed.UntilReadyAsync();
        var order = Enumerable.Range(0, 200).SelectMany(i => (int[])[i, i, i]).ToArray();
        new Random(seed).Shuffle(order);
        foreach (var i in order) await bed.PublishAsync(Exchange, $$"""{"tags": ["p{{i}}"]}""", id: $"event-{i}");
        await bed.UntilConsumedAsync("shop", order.Length);
        Assert.Equal(200, bed.Table.Of("acme").Applied);
    }

    [Fact(Timeout = 120_000)]
    public async Task Messages_WhileTheStoreFails_StayInTheQueue_AndAreAppliedAfterwards()
    {
        StoreThatFails? store = null;
        var broker = await shared.Running;
        await using var proxy = new BreakingProxy(broker.Port);
        await using var bed = await RabbitBed.StartAsync(broker, Shop, port: proxy.Port, replace: services => services.AddSingleton<IInvalidationLog>(provider =>
            store = new StoreThatFails(new SqliteInvalidationLog(provider.GetRequiredService<CacheDatabase>(), TimeProvider.System))));
        await bed.UntilReadyAsync();
        store!.Fails = true;
        for (var i = 0; i < 100; i++) await bed.PublishAsync(Exchange, $$"""{"tags": ["p{{i}}"], "event_id": "{{i}}"}""");
        // No more than the prefetch is under way; the rest waits at the broker.
        await bed.UntilAsync(Queue, ready: 80, readers: 1);
        await EventBed.UntilAsync(async () => (await bed.ReadinessAsync()).Contains("The disk is full.", StringComparison.Ordinal));
        Assert.Equal(0, bed.Table.Of("acme").Applied);
        Assert.Equal(20, await bed.WaitingAsync());
        // What was under way on a connection that breaks comes again on the next one, and is not counted twice.
        proxy.Cut();
        await EventBed.UntilAsync(() => Task.FromResult(proxy.Connections > 1));
        await bed.UntilAsync(Queue, ready: 80, readers: 1);
        await EventBed.UntilAsync(async () => await bed.WaitingAsync() == 20);
        store.Fails = false;
        await bed.UntilConsumedAsync("shop", 100);
        Assert.Equal(100, bed.Table.Of("acme").Applied);
        await EventBed.UntilAsync(async () => await bed.WaitingAsync() == 0);
        await bed.UntilReadyAsync();
        Assert.Empty(await bed.ParkedAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Topology_IsDeclared_AndASecondGatewayOnAQueueIsTurnedAway()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Shop);
        await bed.UntilReadyAsync();
        var queue = await bed.Broker.AskAsync($"queues/{bed.VirtualHost}/{Queue}");
        var arguments = queue.GetProperty("arguments");
        Assert.Equal(("quorum", "gateway.dead", Queue), (
            arguments.GetProperty("x-queue-type").GetString(), arguments.GetProperty("x-dead-letter-exchange").GetString(), arguments.GetProperty("x-dead-letter-routing-key").GetString()));
        Assert.Equal("quorum", (await bed.Broker.AskAsync($"queues/{bed.VirtualHost}/{Queue}.dead")).GetProperty("type").GetString());
        Assert.Equal("topic", (await bed.Broker.AskAsync($"exchanges/{bed.VirtualHost}/{Exchange}")).GetProperty("type").GetString());

        await using var second = await RabbitBed.StartAsync(bed.Broker, Shop.Replace("RABBIT", "rabbitmq:\n  brokers: {main: " + RabbitBed.BrokerYaml(bed.Broker.Port, bed.VirtualHost) + "}", StringComparison.Ordinal));
        await EventBed.UntilAsync(async () => (await second.ReadinessAsync()).Contains("another reader", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Queue_TakenOutOfTheConfigurationAndPutBack_IsReadAccordingly()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Shop);
        await bed.UntilReadyAsync();
        var file = Path.Combine(bed.Gateway.Folder, "gateway.yaml");
        var yaml = await File.ReadAllTextAsync(file, Cancel);
        await File.WriteAllTextAsync(file, yaml.Replace("    shop: {broker: main, source: shop, prefetch: 20}", "    {}", StringComparison.Ordinal), Cancel);
        await bed.Gateway.Host.ReloadAsync(Cancel);
        await bed.UntilAsync(Queue, ready: 0, readers: 0);
        await bed.PublishAsync(Exchange, """{"tags": ["a"]}""");
        await bed.UntilAsync(Queue, ready: 1, readers: 0);
        await File.WriteAllTextAsync(file, yaml, Cancel);
        await bed.Gateway.Host.ReloadAsync(Cancel);
        await bed.UntilAppliedAsync("acme", 1);
    }

    /// <summary>The store, which cannot be written while a test says so.</summary>
    private sealed class StoreThatFails(IInvalidationLog log) : IInvalidationLog
    {
        private volatile bool _fails;

        public bool Fails
        {
            set => _fails = value;
        }

        public ValueTask<IReadOnlyList<KeptInvalidations>> LoadAsync(CancellationToken cancellation) => log.LoadAsync(cancellation);

        public ValueTask<IReadOnlyList<InvalidationReceipt>> AppendAsync(IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation) =>
            _fails ? throw new InvalidationException("The disk is full.") : log.AppendAsync(requests, cancellation);

        public ValueTask<IReadOnlyList<NumberedInvalidation>> ReadAsync(string? tenant, long after, CancellationToken cancellation) => log.ReadAsync(tenant, after, cancellation);

        public ValueTask PruneAsync(CancellationToken cancellation) => log.PruneAsync(cancellation);
    }
}
