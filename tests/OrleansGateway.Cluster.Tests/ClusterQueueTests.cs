using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Events;
using OrleansGateway.Tests.RabbitMq;

namespace OrleansGateway.Cluster.Tests;

/// <summary>One queue that all edges of a cluster read: a message goes to one of them, and is acknowledged when no edge serves what it made invalid.</summary>
[Collection(BrokerTests.Name)]
public sealed class ClusterQueueTests : IAsyncLifetime
{
    private const string Queue = "gateway.invalidation.shop";

    private Broker _broker = null!;
    private string _host = "";
    private int _version;
    private WebApplication _origin = null!;
    private TestCluster _cluster = null!;
    private ClusterGateway[] _gateways = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await Broker.StartAsync();
        _host = await _broker.NewVirtualHostAsync();
        _origin = await LoopbackApp.StartAsync(app => app.Map("/page", (HttpContext http) =>
        {
            (http.Response.Headers.CacheControl, http.Response.Headers["Cache-Tag"]) = ("max-age=3600", "page");
            return Volatile.Read(ref _version).ToString(CultureInfo.InvariantCulture);
        }));
        _cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
            upstreams: { origin: { targets: [ { url: "{{LoopbackApp.AddressOf(_origin)}}" } ] } }
            routes: { all: { path: /, upstream: origin, auth: [key], cache: { scope: tenant } } }
            invalidation: { sources: { shop: { tenants: [acme] } } }
            rabbitmq:
              brokers: { main: {{RabbitBed.BrokerYaml(_broker.Port, _host)}} }
              queues: { shop: { broker: main, source: shop, prefetch: 50 } }
            """, silos: 0, Cancel);
        _gateways = [await _cluster.AddGatewayAsync("both", Cancel), await _cluster.AddGatewayAsync("both", Cancel), await _cluster.AddGatewayAsync("edge", Cancel)];
        await EventBed.UntilAsync(async () => await _broker.QueueAsync(_host, Queue) is { ConsumerCount: 3 });
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _origin.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task Message_PublishedOnce_PurgesOnAllEdges_BeforeItIsAcknowledged()
    {
        await using var publisher = new ConfirmingPublisher(_broker, _host);
        for (var round = 0; round < 12; round++)
        {
            foreach (var gateway in _gateways) await ReadAsync(gateway);
            var version = Interlocked.Increment(ref _version);
            await publisher.PublishAsync(Queue, $$"""{"tags": ["page"], "event_id": "{{round}}"}""");
            await UntilSettledAsync(round + 1, _gateways);
            // Whoever asks now is given what is there now.
            Assert.All(await Task.WhenAll(_gateways.Select(ReadAsync)), v => Assert.Equal(version, v));
        }

        Assert.Equal(12, await HeadAsync());
        await publisher.PublishAsync(Queue, """{"tags": ["page"], "event_id": "3"}""");
        await UntilSettledAsync(13, _gateways);
        Assert.Equal(12, await HeadAsync());
        await UntilEmptyAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task Poison_OnWhicheverNode_IsShownByAll_AndTakenInByAnother()
    {
        await using var publisher = new ConfirmingPublisher(_broker, _host);
        for (var i = 0; i < 6; i++) await publisher.PublishAsync(Queue, $$"""{"tags": ["page"], "tenant": "other", "event_id": "{{i}}"}""");
        await UntilSettledAsync(6, _gateways);
        var lists = await Task.WhenAll(_gateways.Select(ParkedAsync));
        Assert.All(lists, list => Assert.Equal(lists[0], list));
        Assert.Equal(6, lists[0].Length);
        using (var gone = await _gateways[2].Admin.DeleteAsync($"/admin/v1/events/parked/{lists[0][0]}", Cancel)) Assert.True(gone.IsSuccessStatusCode);
        Assert.Equal(lists[0][1..], await ParkedAsync(_gateways[0]));
    }

    [Fact(Timeout = 240_000)]
    public async Task Kill_OfTheNodeThatHasMessages_BeforeItCouldAcknowledge_LosesNone()
    {
        await using var publisher = new ConfirmingPublisher(_broker, _host);
        await publisher.PublishAsync(Queue, """{"tags": ["first"], "event_id": "first"}""");
        await UntilSettledAsync(1, _gateways);
        // Nothing can be numbered, so what nodes have taken stays unacknowledged: 50 each.
        await _cluster.Postgres.KillAsync();
        for (var i = 0; i < 300; i++) await publisher.PublishAsync(Queue, $$"""{"tags": ["p{{i}}"], "event_id": "{{i}}"}""");
        await EventBed.UntilAsync(async () => await _broker.QueueAsync(_host, Queue) is { MessageCount: 150 });
        await _gateways[1].Process.KillAsync(Cancel);
        await EventBed.UntilAsync(async () => await _broker.QueueAsync(_host, Queue) is { ConsumerCount: 2 });
        await _cluster.Postgres.RestartAsync();
        await EventBed.UntilAsync(async () => await HeadAsync() >= 301);
        await UntilEmptyAsync();
        Assert.Equal(301, await HeadAsync());
        var version = Interlocked.Increment(ref _version);
        await publisher.PublishAsync(Queue, """{"tags": ["page"], "event_id": "last"}""");
        ClusterGateway[] left = [_gateways[0], _gateways[2]];
        await EventBed.UntilAsync(async () => await HeadAsync() >= 302);
        await UntilEmptyAsync();
        foreach (var gateway in left) Assert.Equal(version, await ReadAsync(gateway));
    }

    /// <summary>Waits until the nodes that live have done with that many messages, which is just before they say so to the broker.</summary>
    private static Task UntilSettledAsync(long count, params ClusterGateway[] gateways) => EventBed.UntilAsync(async () => (await Task.WhenAll(gateways.Select(SettledAsync))).Sum() >= count);

    private static async Task<long> SettledAsync(ClusterGateway gateway) => (await gateway.Admin.GetStringAsync("/metrics", Cancel)).Split('\n')
        .Where(l => l.StartsWith("gateway_rabbitmq_consumed", StringComparison.Ordinal) && !l.Contains("failed", StringComparison.Ordinal))
        .Sum(l => long.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture));

    /// <summary>Waits until the broker has nothing left, unacknowledged messages included.</summary>
    private Task UntilEmptyAsync() => EventBed.UntilAsync(async () =>
        await _broker.AskAsync($"queues/{_host}/{Queue}") is var queue && queue.TryGetProperty("messages", out var left) && left.GetInt64() == 0);

    /// <summary>How many invalidations the cluster has numbered.</summary>
    private async Task<long> HeadAsync()
    {
        await using var database = await _cluster.OpenDatabaseAsync(Cancel);
        await using var connection = await database.ConnectAsync(Cancel);
        return (long)(await connection.ReadOneAsync(null, "SELECT count(*) FROM gateway.invalidations"))!;
    }

    private static async Task<long[]> ParkedAsync(ClusterGateway gateway) =>
        [.. (await gateway.Admin.GetFromJsonAsync<JsonElement>("/admin/v1/events/parked", Cancel)).GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("number").GetInt64())];

    private static async Task<int> ReadAsync(ClusterGateway gateway) => int.Parse(await gateway.Client.GetStringAsync("/page", Cancel), CultureInfo.InvariantCulture);
}
