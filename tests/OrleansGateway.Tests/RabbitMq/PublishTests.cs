using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Events;
using RabbitMQ.Client;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>Events of the gateway come to queues that ask for them: each at least once, those of an organisation in order, whatever breaks.</summary>
[Collection(BrokerTests.Name)]
public sealed class PublishTests(SharedBroker shared)
{
    private const string Keys = """
        RABBIT
          publish:
            keys: {broker: main, events: ["key.*"]}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Events_ComeInOrder_WithTheirIdAndKey()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Keys);
        await using var consumer = await Consumer.StartAsync(bed, "key.#");
        await bed.UntilReadyAsync();
        for (var i = 0; i < 10; i++) await MakeKeyAsync(bed, $"k{i}");
        await EventBed.UntilAsync(() => Task.FromResult(consumer.Ids.Count == 10));
        var all = consumer.All;
        Assert.All(all, m => Assert.Equal(("key.created.acme", "key.created", "acme"), (m.Key, m.Type, m.Body.GetProperty("tenant").GetString())));
        Assert.All(all, m => Assert.Equal(m.Id, m.Body.GetProperty("id").GetString()));
        var sequences = all.Select(m => m.Body.GetProperty("sequence").GetInt64()).ToArray();
        Assert.Equal(sequences.Order(), sequences);
    }

    [Fact(Timeout = 120_000)]
    public async Task Events_WhileTheBrokerIsAway_ComeLater()
    {
        var broker = await shared.Running;
        await using var proxy = new BreakingProxy(broker.Port);
        await using var bed = await RabbitBed.StartAsync(broker, Keys, port: proxy.Port);
        await using var consumer = await Consumer.StartAsync(bed, "key.#");
        await bed.UntilReadyAsync();
        await MakeKeyAsync(bed, "before");
        await EventBed.UntilAsync(() => Task.FromResult(consumer.Ids.Count == 1));
        proxy.Refuses = true;
        proxy.Cut();
        for (var i = 0; i < 20; i++) await MakeKeyAsync(bed, $"k{i}");
        await EventBed.UntilAsync(async () => (await bed.ReadinessAsync()).Contains("RabbitMQ, publish keys", StringComparison.Ordinal));
        proxy.Refuses = false;
        await EventBed.UntilAsync(() => Task.FromResult(consumer.Ids.Count == 21));
        await bed.UntilReadyAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Events_ThatNoQueueTakes_WaitUntilOneDoes_AlsoOverARestart()
    {
        await using var bed = await RabbitBed.StartAsync(await shared.Running, Keys);
        await bed.UntilReadyAsync();
        for (var i = 0; i < 3; i++) await MakeKeyAsync(bed, $"k{i}");
        await EventBed.UntilAsync(async () => (await bed.ReadinessAsync()).Contains("No queue takes", StringComparison.Ordinal));
        (await bed.Gateway.RestartAsync()).Dispose();
        await using var consumer = await Consumer.StartAsync(bed, "key.#");
        await EventBed.UntilAsync(() => Task.FromResult(consumer.Ids.Count == 3));
    }

    [Fact(Timeout = 120_000)]
    public async Task Usage_IsToldOnceByIdForEachCall_AlsoWhereConnectionsBreak()
    {
        var broker = await shared.Running;
        await using var proxy = new BreakingProxy(broker.Port);
        await using var bed = await RabbitBed.StartAsync(broker, """
            providers: {fake: {kind: fake} }
            models: {quick: {targets: [{provider: fake}]} }
            RABBIT
              publish:
                usage: {broker: main, events: [usage.recorded]}
            """, port: proxy.Port, route: "  models: {path: /ai/}");
        await using var consumer = await Consumer.StartAsync(bed, "usage.#");
        await bed.UntilReadyAsync();
        for (var i = 0; i < 60; i++)
        {
            using var answer = await bed.Gateway.Client.PostAsJsonAsync("/ai/v1/chat/completions", new { model = "quick", messages = new[] { new { role = "user", content = "hi" } } }, Cancel);
            answer.EnsureSuccessStatusCode();
            if (i % 20 == 10) proxy.Cut();
        }

        await EventBed.UntilAsync(() => Task.FromResult(Records().Distinct().Count() == 60));
        // What came twice came under the same id: whoever dedups by it counts each call once.
        Assert.Equal(60, consumer.All.DistinctBy(m => m.Id).SelectMany(RecordsOf).Count());

        IEnumerable<string> Records() => consumer.All.SelectMany(RecordsOf);
        static IEnumerable<string> RecordsOf(Message message) => message.Body.GetProperty("data").GetProperty("records").EnumerateArray().Select(r => r.GetProperty("id").GetString()!);
    }

    private static async Task MakeKeyAsync(RabbitBed bed, string name)
    {
        using var made = await bed.Admin.PostAsJsonAsync("keys", new { tenant = "acme", name }, Cancel);
        made.EnsureSuccessStatusCode();
    }

    /// <summary>A queue on the gateway's exchange, and all that has come by it.</summary>
    private sealed class Consumer(IConnection connection, IChannel channel) : AsyncDefaultBasicConsumer(channel), IAsyncDisposable
    {
        private readonly List<Message> _all = [];

        public IReadOnlyList<Message> All
        {
            get
            {
                lock (_all) return [.. _all];
            }
        }

        public HashSet<string> Ids => [.. All.Select(m => m.Id)];

        public static async Task<Consumer> StartAsync(RabbitBed bed, string key)
        {
            var connection = await bed.Broker.ConnectAsync(bed.VirtualHost);
            var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
            await channel.ExchangeDeclareAsync("gateway.events", ExchangeType.Topic, durable: true, cancellationToken: Cancel);
            var queue = await channel.QueueDeclareAsync(cancellationToken: Cancel);
            await channel.QueueBindAsync(queue.QueueName, "gateway.events", key, cancellationToken: Cancel);
            var consumer = new Consumer(connection, channel);
            await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, Cancel);
            return consumer;
        }

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            var message = new Message(properties.MessageId!, properties.Type!, routingKey, JsonElement.Parse(Encoding.UTF8.GetString(body.Span)));
            lock (_all) _all.Add(message);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }

    private sealed record Message(string Id, string Type, string Key, JsonElement Body);
}
