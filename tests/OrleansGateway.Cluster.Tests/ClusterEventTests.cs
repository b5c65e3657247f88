using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansGateway.Tests.Events;
using OrleansGateway.Tests.RabbitMq;

namespace OrleansGateway.Cluster.Tests;

/// <summary>
/// What happens on any node of a cluster is told by one of them, to a webhook and to a queue: each at least once, under one id, those of an organisation in order and without a hole,
/// whoever is killed or stands still.
/// </summary>
[Collection(BrokerTests.Name)]
public sealed class ClusterEventTests : IAsyncLifetime
{
    private const string LimitedKey = "limited-key-0123456789-0123456789";
    private const string Sending = "events are made and sent here";

    private readonly List<ClusterGateway> _gateways = [];
    private Broker _broker = null!;
    private Receiver _receiver = null!;
    private TestCluster _cluster = null!;
    private EventReader _reader = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_broker, _receiver) = (await Broker.StartAsync(), await Receiver.StartAsync());
        var host = await _broker.NewVirtualHostAsync();
        _reader = await EventReader.StartAsync(_broker, host, Cancel);
        var count = 0;
        _receiver.Answer = (http, _) =>
        {
            // Kills meet retries too.
            http.Response.StatusCode = Interlocked.Increment(ref count) % 11 == 0 ? 500 : 204;
            return Task.CompletedTask;
        };
        _cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {}, probe: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} }, limited: { tenant: acme, secret: {{LimitedKey}} } }
            routes: { default: { path: / } }
            providers: { fake: { kind: fake } }
            models: { quick: { targets: [ { provider: fake, price: { input: 1000, output: 2000 } } ] } }
            rate_limits: { one-day: { per: [key], match: { keys: [limited] }, limit: 1, window: day, algorithm: fixed_window } }
            budgets: { all: { per: [tenant], limit: 20, period: lifetime, notices: [1, 2, 3, 4, 5] } }
            webhooks: { all: { url: "{{_receiver.Url}}", secrets: [{{EventBed.Secret}}], retry_min: 10ms, retry_max: 50ms } }
            rabbitmq:
              brokers: { main: {{RabbitBed.BrokerYaml(_broker.Port, host)}} }
              publish: { all: { broker: main, events: ["*"] } }
            """, silos: 0, Cancel);
        foreach (var role in (string[])["both", "both", "edge"]) _gateways.Add(await _cluster.AddGatewayAsync(role, Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _reader.DisposeAsync();
        await _receiver.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact(Timeout = 400_000)]
    public async Task Death_OfWhoeverSends_LeavesNothingUntoldAndNothingOutOfOrder()
    {
        var made = new List<string>();
        // A webhook gets what happens after it was first known.
        await UntilAsync("the webhook is known", async () =>
        {
            await MakeKeyAsync(_gateways[0], "probe");
            return Told().Any(e => e.Tenant == "probe") && _reader.All.Any(e => e.Tenant == "probe");
        });
        await LoadUntilMoreIsToldAsync(made);
        Assert.Single(_gateways, g => g.Process.Errors.Text.Contains(Sending, StringComparison.Ordinal));

        // Killed: another goes on.
        var killed = Sender();
        await killed.Process.KillAsync(Cancel);
        _gateways.Remove(killed);
        _gateways.Add(await _cluster.AddGatewayAsync("both", Cancel));
        await LoadUntilMoreIsToldAsync(made);

        // It stands still until another has taken over, and finds out when it goes on.
        var stopped = Sender();
        await TestCluster.SignalAsync(stopped.Process, "STOP", Cancel);
        _gateways.Remove(stopped);
        await UntilAsync("another sends", () => Task.FromResult(_gateways.Any(g => TermOf(g) > TermOf(stopped))));
        await TestCluster.SignalAsync(stopped.Process, "CONT", Cancel);
        await LoadUntilMoreIsToldAsync(made);

        // In order: it is handed over.
        var left = Sender();
        left.Process.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        _gateways.Remove(left);
        await LoadUntilMoreIsToldAsync(made);
        await CheckAsync(made);
    }

    private async Task CheckAsync(List<string> made)
    {
        await using var store = await StoredEvents.OpenAsync(_cluster, Cancel);
        Guid[] before = [];
        IReadOnlyList<StoredEvent> stored = [];
        // Events of the last keys are made of the audit log shortly after the keys; more usage may come in at any time.
        await UntilAsync("all is told", async () =>
        {
            before = [.. await store.UsageAsync()];
            stored = await store.ReadAsync();
            return !made.Except(KeysOf(stored)).Any() && await store.AreAllSentAsync("all", "rabbitmq/all");
        });
        foreach (var (name, told) in ((string, IReadOnlyList<ToldEvent>)[])[("webhook", Told()), ("queue", _reader.All)])
        {
            foreach (var tenant in told.GroupBy(e => e.Tenant))
            {
                var sequence = tenant.Select(e => e.Sequence).Distinct().ToArray();
                Assert.True(sequence.SequenceEqual(Enumerable.Range(0, sequence.Length).Select(n => sequence[0] + n)), $"{name}, {tenant.Key}: {string.Join(' ', sequence)}");
                Assert.All(tenant.GroupBy(e => e.Sequence), same => Assert.Single(same.Select(e => e.Id).Distinct()));
                Assert.True(tenant.Key != "acme" || sequence[0] == 1, $"{name}: the first of {tenant.Key} is {sequence[0]}");
                Assert.True(sequence[^1] >= stored.Where(e => e.Tenant == tenant.Key).Max(e => e.Sequence), $"{name}: the last of {tenant.Key} is {sequence[^1]}");
            }
        }

        Guid[] records = [.. stored.Where(e => e.Type == "usage.recorded").SelectMany(e => e.Data.GetProperty("records").EnumerateArray()).Select(r => Guid.Parse(r.GetProperty("id").GetString()!))];
        Assert.Equal(records.Length, records.Distinct().Count());
        Assert.Empty(before.Except(records));
        Assert.Empty(records.Except(await store.UsageAsync()));
        var keys = KeysOf(stored);
        Assert.Equal(keys.Length, keys.Distinct().Count());
        var notices = stored.Where(e => e.Type == "budget.threshold").Select(e => e.Data.GetProperty("percent").GetInt32()).ToArray();
        Assert.Equal(Enumerable.Range(1, notices.Length), notices);
        Assert.NotEmpty(notices);
        // Nodes refuse within the same minutes, and one of them tells it.
        var limits = stored.Where(e => e.Type == "limit.reached").ToArray();
        Assert.NotEmpty(limits);
        Assert.Equal(limits.Length, limits.Select(e => e.At.ToUnixTimeSeconds() / 60).Distinct().Count());
        TestContext.Current.TestOutputHelper?.WriteLine($"{stored.Count} events; {Told().Count} to the webhook, {_reader.All.Count} to the queue; {limits.Length} limits, {notices.Length} notices");
    }

    private static string[] KeysOf(IEnumerable<StoredEvent> events) => [.. events.Where(e => e.Type == "key.created").Select(e => e.Data.GetProperty("key").GetString()!)];

    /// <summary>Calls all nodes, and makes keys by them, until both have been told of more usage and of a key.</summary>
    private async Task LoadUntilMoreIsToldAsync(List<string> made)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        ClusterGateway[] gateways = [.. _gateways];
        Task[] load = [.. gateways.SelectMany(g => (Task[])[CallAsync(g, over.Token), MakeKeysAsync(g, made, over.Token)])];
        var (told, read) = (Usages(Told()), Usages(_reader.All));
        await UntilAsync("more is told", () => Task.FromResult(Usages(Told()) >= told + 8 && Usages(_reader.All) >= read + 8));
        await over.CancelAsync();
        await Task.WhenAll(load);
    }

    private static int Usages(IReadOnlyList<ToldEvent> events) => events.Where(e => e.Type == "usage.recorded").Select(e => e.Id).Distinct().Count();

    private static async Task CallAsync(ClusterGateway gateway, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (var key in (string[])[ClusterGateway.Key, LimitedKey])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = JsonContent.Create(new { model = "quick", messages = new[] { new { role = "user", content = "hello" } } }), Headers = { Authorization = new("Bearer", key) },
                };
                using var response = await gateway.Client.SendAsync(request, Cancel);
                // Owners that were on a node that died are a moment away.
                Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable]);
            }

            // The cores belong to the nodes.
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }

    private static async Task MakeKeysAsync(ClusterGateway gateway, List<string> made, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var key = await MakeKeyAsync(gateway, "acme");
            lock (made) made.Add(key);
            await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        }
    }

    private static async Task<string> MakeKeyAsync(ClusterGateway gateway, string tenant)
    {
        using var response = await gateway.Admin.PostAsJsonAsync("/admin/v1/keys", new { tenant }, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }

    /// <summary>Whoever sends now, by its log.</summary>
    private ClusterGateway Sender() => _gateways.MaxBy(TermOf)!;

    private static int TermOf(ClusterGateway gateway) => gateway.Process.Errors.Lines.Where(l => l.Contains(Sending, StringComparison.Ordinal))
        .Select(l => int.Parse(l.Split("term ")[1], CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();

    private List<ToldEvent> Told()
    {
        lock (_receiver.All) return [.. _receiver.All.Select(r => new ToldEvent(r.Tenant, r.Sequence, r.Id, r.Type))];
    }

    private async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        try
        {
            while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(50), Cancel);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Waited in vain until {what}; {Told().Count} told, {_reader.All.Count} read.\n{_cluster.Logs()}");
        }
    }
}
