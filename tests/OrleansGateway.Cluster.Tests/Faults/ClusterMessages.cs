using System.Diagnostics;
using System.Text.Json;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.RabbitMq;
using RabbitMQ.Client;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>A cluster's RabbitMQ: pages change by message, and what was used is told. Judged by what the broker has confirmed, and by what a reader of its own finds there.</summary>
internal sealed class ClusterMessages : IAsyncDisposable
{
    private const string Changes = "gateway.invalidation.pages";
    private const string Told = "told";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(200);

    // Events come again after a loss, under their ids.
    private readonly Dictionary<string, Guid[]> _told = new(StringComparer.Ordinal);
    private readonly Broker _broker;
    private readonly string _host;
    private readonly ConfirmingPublisher _publisher;
    private int _published;

    private ClusterMessages(Broker broker, string host) => (_broker, _host, _publisher) = (broker, host, new ConfirmingPublisher(broker, host));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The part of the configuration by which a cluster uses it.</summary>
    public string Rules => $$"""
        invalidation: { sources: { pages: { tenants: [{{TenantsOfRound.Reader}}] } } }
        rabbitmq:
          brokers: { main: {{RabbitBed.BrokerYaml(_broker.Port, _host)}} }
          queues: { pages: { broker: main, source: pages } }
          publish: { usage: { broker: main, events: [usage.recorded] } }

        """;

    public static async Task<ClusterMessages> StartAsync()
    {
        var broker = await Broker.StartAsync();
        var messages = new ClusterMessages(broker, await broker.NewVirtualHostAsync());
        await using var connection = await broker.ConnectAsync(messages._host);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        await channel.ExchangeDeclareAsync("gateway.events", ExchangeType.Topic, durable: true, cancellationToken: Cancel);
        await channel.QueueDeclareAsync(Told, durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancel);
        await channel.QueueBindAsync(Told, "gateway.events", "#", cancellationToken: Cancel);
        return messages;
    }

    /// <summary>Kills the broker, and starts it again after a while.</summary>
    public async Task AwayAsync(TimeSpan outage)
    {
        await _broker.StopAsync();
        await Task.Delay(outage, Cancel);
        await _broker.RestartAsync();
    }

    /// <summary>Says that a page has changed, until the broker has confirmed that.</summary>
    public async Task PublishAsync(int page, int version)
    {
        await _publisher.PublishAsync(Changes, $$"""{"tags": ["{{BilledUpstream.TagOf(page)}}"], "event_id": "{{page}}-{{version}}"}""");
        Interlocked.Increment(ref _published);
    }

    /// <summary>Waits until everything that was confirmed is applied, each once, and the broker has been told so.</summary>
    public Task AppliedAsync(Fleet fleet) => UntilAsync(fleet, async () =>
    {
        var numbered = await NumberedAsync(fleet.Cluster);
        Assert.True(numbered <= _published, $"{numbered} messages were numbered, and {_published} published");
        if (numbered < _published) return $"{numbered} of {_published} messages are numbered";
        var waiting = (await Task.WhenAll(Enumerable.Range(0, Fleet.Edges).Select(n => WaitingAsync(fleet.Edge(n))))).Sum();
        return waiting == 0 ? null : $"{waiting} messages are not acknowledged";
    });

    /// <summary>Waits until every record of usage has been told, and looks whether one was told by two events; answers how many there are.</summary>
    public async Task<int> ToldAsync(Fleet fleet)
    {
        await using var store = await StoredEvents.OpenAsync(fleet.Cluster, Cancel);
        HashSet<Guid> stored = [];
        await UntilAsync(fleet, async () =>
        {
            stored = [.. await store.UsageAsync()];
            if (!await store.AreAllSentAsync("rabbitmq/usage")) return "not all events are sent";
            await DrainAsync();
            var untold = stored.Except(_told.Values.SelectMany(r => r)).Count();
            return untold == 0 ? null : $"{untold} of {stored.Count} records are not told";
        });
        var told = _told.Values.SelectMany(r => r).ToArray();
        Assert.Equal(told.Length, told.Distinct().Count());
        return told.Length;
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private static async Task UntilAsync(Fleet fleet, Func<Task<string?>> isMissing)
    {
        var since = Stopwatch.StartNew();
        while (await isMissing() is { } missing)
        {
            Assert.True(since.Elapsed < s_patience, $"{missing}\n{fleet.Logs()}");
            await Task.Delay(s_often, Cancel);
        }
    }

    private static async Task<long> NumberedAsync(TestCluster cluster)
    {
        await using var database = await cluster.OpenDatabaseAsync(Cancel);
        await using var connection = await database.ConnectAsync(Cancel);
        return (long)(await connection.ReadOneAsync(null, "SELECT count(*) FROM gateway.invalidation_events"))!;
    }

    private static async Task<long> WaitingAsync(ClusterGateway edge) => (await edge.Admin.GetStringAsync("/metrics", Cancel)).Split('\n')
        .Where(l => l.StartsWith("gateway_rabbitmq_waiting", StringComparison.Ordinal)).Sum(l => long.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture));

    private async Task DrainAsync()
    {
        await using var connection = await _broker.ConnectAsync(_host);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        while (await channel.BasicGetAsync(Told, autoAck: true, Cancel) is { } message)
        {
            var records = JsonElement.Parse(message.Body.Span).GetProperty("data").GetProperty("records").EnumerateArray();
            _told[message.BasicProperties.MessageId!] = [.. records.Select(r => Guid.Parse(r.GetProperty("id").GetString()!))];
        }
    }
}
