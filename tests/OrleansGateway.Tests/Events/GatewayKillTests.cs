using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Events;

/// <summary>
/// The program itself, killed under load. What it has in its books is what its receiver was told: each record of usage, each key, each notice and each start at least once, under one
/// id, and for each tenant in order and without a gap.
/// </summary>
public sealed class GatewayKillTests
{
    private const int Kills = 6;
    private const int ClientsOfEach = 3;
    private const string OtherKey = "other-key-0123456789-0123456789";

    private static readonly string[] s_tenants = ["acme", "zeta"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Kill_ManyTimesUnderLoad_LeavesNoEventUntoldAndNoneOutOfOrder(int seed)
    {
        var random = new Random(seed);
        await using var receiver = await Receiver.StartAsync();
        var told = new Told();
        receiver.Answer = (http, one) =>
        {
            // Kills meet retries too.
            http.Response.StatusCode = told.Add(one) % 11 == 0 ? 500 : 204;
            return Task.CompletedTask;
        };
        using var folder = new OperationsFolder();
        var (answered, made) = (new List<string>(), new List<string>());
        for (var kill = 0; kill <= Kills; kill++)
        {
            // Another one each time: a start is told if it has changed.
            folder.Write($"{Yaml(receiver.Url)}# life {kill}\n");
            await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
            // A webhook gets what happens after it was first known: from then on it counts.
            if (kill == 0) await UntilKnownAsync(folder, gateway, told);
            using var over = new CancellationTokenSource();
            Task[] load =
            [
                .. s_tenants.SelectMany(tenant => Enumerable.Repeat(tenant, ClientsOfEach)).Select(tenant => CallUntilAsync(gateway, KeyOf(tenant), answered, over.Token)),
                MakeKeysUntilAsync(folder, gateway, made, over.Token),
            ];
            // The last one is not killed, but tells what the others have left.
            var enough = told.Usages + random.Next(1, 8);
            await EventBed.UntilAsync(() => Task.FromResult(told.Usages >= enough));
            if (kill < Kills) await gateway.KillAsync(Cancel);
            await over.CancelAsync();
            await Task.WhenAll(load);
            if (kill == Kills) await CheckAsync(folder, gateway, told, answered, made);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{answered.Count} calls, {made.Count} keys, {told.All.Length} requests to the receiver");
    }

    private static async Task CheckAsync(OperationsFolder folder, GatewayProcess gateway, Told told, List<string> answered, List<string> made)
    {
        using var admin = AdminOf(folder, gateway);
        var exported = await admin.GetStringAsync("usage/records?from=1d&format=jsonl", Cancel);
        var records = exported.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToArray();
        var stored = records.Select(r => r.GetProperty("id").GetString()!).ToHashSet();
        Assert.Superset(answered.ToHashSet(), records.Select(r => r.GetProperty("request_id").GetString()!).ToHashSet());
        await EventBed.UntilAsync(() => Task.FromResult(told.Has((records, keys) => stored.IsSubsetOf(records) && made.TrueForAll(keys.Contains))));
        await EventBed.UntilAsync(async () => JsonElement.Parse(await admin.GetStringAsync("webhooks", Cancel)).GetProperty("webhooks")[0].GetProperty("pending").GetInt64() == 0);
        var all = told.All;
        // Nothing is told that is not in the books, and nothing under two ids.
        var events = all.DistinctBy(r => r.Id).ToArray();
        Assert.Equal(stored.Order(), events.Where(e => e.Type == "usage.recorded").SelectMany(Told.RecordsOf).Order());
        Assert.Equal(made.Count, events.Where(e => e.Type == "key.created").Select(Told.KeyOf).Intersect(made).Count());
        Assert.Equal(Kills, events.Count(e => e.Type == "config.applied" && e.Tenant is null && e.Sequence > 1));
        CheckNotices(events, JsonElement.Parse(await admin.GetStringAsync("budgets", Cancel)));
        foreach (var ofTenant in all.GroupBy(r => r.Tenant))
        {
            var sequence = ofTenant.Select(r => r.Sequence).Distinct().ToArray();
            Assert.Equal(Enumerable.Range(0, sequence.Length).Select(n => sequence[0] + n), sequence);
            Assert.True(ofTenant.Key is not ("acme" or "zeta") || sequence[0] == 1, $"The first event of {ofTenant.Key} that was told is {sequence[0]}.");
            Assert.All(ofTenant.GroupBy(r => r.Sequence), same => Assert.Single(same.Select(r => (r.Id, Encoding.UTF8.GetString(r.Body))).Distinct()));
        }

        Assert.All(all, r => Assert.True(r.IsSignedBy(EventBed.Secret)));
    }

    // Each that is reached was told under one id; none that is not.
    private static void CheckNotices(Received[] events, JsonElement budgets)
    {
        foreach (var tenant in s_tenants)
        {
            var budget = budgets.GetProperty("budgets").EnumerateArray().Single(b => b.GetProperty("scope").GetString() == tenant);
            var percent = Nano(budget, "posted") * 100 / Nano(budget, "limit");
            var told = events.Where(e => e.Type == "budget.threshold" && e.Tenant == tenant).Select(e => e.Json.GetProperty("data").GetProperty("percent").GetInt64()).ToArray();
            Assert.Equal(told.Distinct().Order(), told);
            Assert.Equal(Enumerable.Range(1, 9).Select(p => (long)p).Where(p => p <= percent), told);
        }
    }

    private static string Yaml(Uri receiver) => $$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: {}, zeta: {}, probe: {} }
        keys:
          test: {tenant: acme, secret: {{OperationsFolder.Key}} }
          other: {tenant: zeta, secret: {{OtherKey}} }
        routes: {default: {path: /} }
        providers: {fake: {kind: fake} }
        models: {quick: {targets: [{provider: fake, price: {input: 1000, output: 2000} }]} }
        budgets: {all: {per: [tenant], limit: 100, period: lifetime, notices: [1, 2, 3, 4, 5, 6, 7, 8, 9]} }
        webhooks: {all: {url: "{{receiver}}", secrets: [{{EventBed.Secret}}], retry_min: 10ms, retry_max: 50ms} }

        """;

    private static string KeyOf(string tenant) => tenant == "acme" ? OperationsFolder.Key : OtherKey;

    // One call after the other, until the gateway is gone.
    private static async Task CallUntilAsync(GatewayProcess gateway, string key, List<string> answered, CancellationToken over)
    {
        using var client = new HttpClient();
        var last = (string?)null;
        await WhileItLivesAsync(async () =>
        {
            using var request = GatewayCalls.Chat(gateway.Data, "quick", "hello", key: key);
            using var response = await client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            // A call is written down as it ends, which its client may know a moment before. The next on the same connection begins after that.
            if (last is not null)
            {
                lock (answered) answered.Add(last);
            }

            last = Assert.Single(response.Headers.GetValues("x-request-id"));
        }, over);
    }

    private static async Task MakeKeysUntilAsync(OperationsFolder folder, GatewayProcess gateway, List<string> made, CancellationToken over)
    {
        using var admin = AdminOf(folder, gateway);
        await WhileItLivesAsync(async () => made.Add(await MakeKeyAsync(admin)), over);
    }

    private static async Task WhileItLivesAsync(Func<Task> call, CancellationToken over)
    {
        try
        {
            while (!over.IsCancellationRequested) await call();
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            // It was killed: whether it did what was under way nobody knows.
        }
    }

    private static async Task UntilKnownAsync(OperationsFolder folder, GatewayProcess gateway, Told told)
    {
        using var admin = AdminOf(folder, gateway);
        await EventBed.UntilAsync(async () =>
        {
            await MakeKeyAsync(admin, "probe");
            return told.Has(static (_, keys) => keys.Count > 0);
        });
    }

    private static async Task<string> MakeKeyAsync(HttpClient admin, string tenant = "acme")
    {
        using var content = new StringContent($$"""{"tenant":"{{tenant}}"}""", Encoding.UTF8, "application/json");
        using var response = await admin.PostAsync("keys", content, Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("id").GetString()!;
    }

    private static HttpClient AdminOf(OperationsFolder folder, GatewayProcess gateway) => new()
    {
        BaseAddress = new Uri(gateway.Admin, "/admin/v1/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(folder.PathOf(".gateway/admin-token")).Trim()) },
    };

    private static decimal Nano(JsonElement budget, string name) => decimal.Parse(budget.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    /// <summary>What the receiver was told, in order.</summary>
    private sealed class Told
    {
        private readonly List<Received> _all = [];
        private readonly HashSet<string> _records = [];
        private readonly HashSet<string> _keys = [];
        private volatile int _usages;

        /// <summary>Requests with usage.</summary>
        public int Usages => _usages;

        public Received[] All
        {
            get
            {
                lock (_all) return [.. _all];
            }
        }

        /// <summary>Answers how many there are with it.</summary>
        public int Add(Received one)
        {
            lock (_all)
            {
                _all.Add(one);
                if (one.Type == "usage.recorded")
                {
                    _usages++;
                    _records.UnionWith(RecordsOf(one));
                }

                if (one.Type == "key.created") _keys.Add(KeyOf(one));
                return _all.Count;
            }
        }

        /// <summary>Asks of the records and keys that were told of.</summary>
        public bool Has(Func<HashSet<string>, HashSet<string>, bool> asked)
        {
            lock (_all) return asked(_records, _keys);
        }

        public static IEnumerable<string> RecordsOf(Received one) => one.Json.GetProperty("data").GetProperty("records").EnumerateArray().Select(r => r.GetProperty("id").GetString()!);

        public static string KeyOf(Received one) => one.Json.GetProperty("data").GetProperty("key").GetString()!;
    }
}
