using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A whole gateway with its usage in SQLite: what callers and operators read of real calls.</summary>
public sealed class ReadingTests : IAsyncLifetime
{
    private const string KeyOfAcme = GatewayUnderTest.Key;
    private const string SeesAcme = "sees-acme-0123456789-0123456789";
    private const string KeyOfZeta = "of-zeta-0123456789-0123456789";

    // 5 tokens of input at 1 USD for a million, and 7 of output at 10.
    private const long CostOfCall = 75_000;

    private readonly StateFolder _folder = new();
    private TokenMill _mill = null!;
    private SqliteUsageStore _store = null!;
    private GatewayUnderTest _gateway = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _mill = await TokenMill.StartAsync();
        _store = new SqliteUsageStore(SqliteDatabase.OpenUsage(_folder.Path, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));
        _gateway = await GatewayUnderTest.StartWholeAsync(
            $$$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            tenants: {acme: {}, zeta: {}}
            keys:
              test: {tenant: acme, secret: {{{KeyOfAcme}}}}
              sees: {tenant: acme, secret: {{{SeesAcme}}}, metadata: {usage_scope: tenant}}
              zeta: {tenant: zeta, secret: {{{KeyOfZeta}}}}
            routes:
              default: {path: /}
              taken: {path: /gateway/, hosts: [taken.test], respond: {status: 200, body: mine}}
            providers: {o: {kind: openai, base_url: "{{{_mill.V1}}}", api_key: provider-key-o}}
            models:
              o: {targets: [{provider: o, price: {input: 1, output: 10}}], fallbacks: [{provider: o, model: cheap, price: {input: 0.1, output: 1}}]}
            budgets: {of-tenant: {per: [tenant], limit: 100}, of-all: {limit: 1000}}

            """,
            replace: services => services.AddSingleton<IUsageReports>(_store).AddSingleton<IUsageLog>(new WrittenThrough(_store)));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _store.DisposeAsync();
        await _mill.DisposeAsync();
        _folder.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task OwnUsage_OfEachKey_IsItsOwnAndNoOthers()
    {
        await CallAsync(KeyOfAcme);
        await CallAsync(KeyOfAcme);
        await CallAsync(SeesAcme);
        await CallAsync(KeyOfZeta);
        while ((await AdminAsync("usage")).GetProperty("total").GetProperty("requests").GetInt64() < 4) await Task.Yield();
        Assert.Equal(("test", "key", 2, 2 * CostOfCall), Told(await OwnAsync(KeyOfAcme)));
        Assert.Equal(("zeta", "key", 1, CostOfCall), Told(await OwnAsync(KeyOfZeta)));
        Assert.Equal(("sees", "tenant", 3, 3 * CostOfCall), Told(await OwnAsync(SeesAcme)));
        var byKey = (await OwnAsync(SeesAcme, "?by=key&step=day")).GetProperty("usage").GetProperty("rows").EnumerateArray();
        Assert.Equal(["sees", "test"], byKey.Select(r => r.GetProperty("values").GetProperty("key").GetString()!).Order());
        // What the operator has for all is not the tenants' to see.
        var budget = Assert.Single((await OwnAsync(KeyOfZeta)).GetProperty("budgets").EnumerateArray());
        Assert.Equal(("of-tenant", "zeta", "100"), (Text(budget, "budget"), Text(budget, "scope"), Text(budget, "limit")));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("GET", "", "nobodys-key-0123456789", 401)]
    [InlineData("GET", "?tenant=zeta", KeyOfAcme, 400)]
    [InlineData("GET", "?key=zeta", KeyOfAcme, 400)]
    [InlineData("GET", "?by=key", KeyOfAcme, 400)]
    [InlineData("GET", "?provider=o", SeesAcme, 400)]
    [InlineData("GET", "?tenant=zeta", SeesAcme, 400)]
    [InlineData("GET", "?from=never", KeyOfAcme, 400)]
    [InlineData("POST", "", KeyOfAcme, 405)]
    public async Task OwnUsage_AskedForWhatIsNotOnesOwn_IsRefused(string method, string query, string key, int status)
    {
        using var response = await SendAsync(new HttpMethod(method), "/gateway/v1/usage" + query, key);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact(Timeout = 60_000)]
    public async Task OwnUsage_WhereARouteTakesThePath_IsLeftToTheRoute()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway.Url, "/gateway/v1/usage")) { Headers = { Host = "taken.test", Authorization = new("Bearer", KeyOfAcme) } };
        using var response = await _gateway.Client.SendAsync(request, Cancel);
        Assert.Equal("mine", await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task Report_OfRealCalls_IsWhatTheProviderBillsAndFreshAtOnce()
    {
        for (var i = 1; i <= 3; i++)
        {
            await CallAsync(KeyOfAcme);
            // The record is written a moment after its client has the answer.
            JsonElement total;
            do total = (await AdminAsync("usage?by=tenant,model,provider&tenant=acme")).GetProperty("total");
            while (total.GetProperty("requests").GetInt64() < i);
            Assert.Equal((i, i * CostOfCall), (total.GetProperty("requests").GetInt64(), total.GetProperty("cost_nano_usd").GetInt64()));
        }

        var records = (await AdminAsync("usage/records")).GetProperty("records").EnumerateArray().ToArray();
        Assert.Equal(3, records.Length);
        Assert.Single(records.Select(r => Text(r, "prompt_hash")).Distinct());
        Assert.Equal(_mill.Output, records.Sum(r => r.GetProperty("tokens").GetProperty("output").GetInt64()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_OfARealCall_ShowsIt()
    {
        using var client = AdminClient();
        using var tail = await client.GetAsync("usage/tail?key=zeta", HttpCompletionOption.ResponseHeadersRead, Cancel);
        await CallAsync(KeyOfAcme);
        await CallAsync(KeyOfZeta);
        await foreach (var item in SseParser.Create(await tail.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel))
        {
            var record = JsonElement.Parse(item.Data);
            Assert.Equal(("zeta", "o", CostOfCall), (Text(record, "key"), Text(record, "model"), record.GetProperty("cost_nano_usd").GetInt64()));
            // Goes on behind it, among the records.
            var rest = await AdminAsync($"usage/records?order=oldest&cursor={item.EventId}");
            Assert.DoesNotContain(Text(record, "id"), rest.GetProperty("records").EnumerateArray().Select(r => Text(r, "id")));
            break;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_OfRepeatedCalls_NameTheCheaperTargetAndWhatACacheWouldHaveSaved()
    {
        for (var i = 0; i < 4; i++) await CallAsync(KeyOfAcme);
        JsonElement insights;
        do insights = await AdminAsync("usage/insights");
        while (insights.GetProperty("looked_at").GetProperty("records").GetInt32() < 4);
        var found = insights.GetProperty("insights").EnumerateArray().ToDictionary(i => Text(i, "kind"));
        Assert.Equal(3 * CostOfCall, found["repeated_prompts"].GetProperty("saving_nano_usd").GetInt64());
        Assert.Equal("0.00027", Text(found["cheaper_model"], "saving"));
        Assert.Equal(4 * CostOfCall, found["cheaper_model"].GetProperty("figures").GetProperty("cost_nano_usd").GetInt64());
        Assert.True(insights.GetProperty("looked_at").GetProperty("all_records").GetBoolean());
    }

    [Fact(Timeout = 60_000)]
    public async Task Stop_WithATailOpen_EndsTheTailAndWaitsForNobody()
    {
        var gateway = await GatewayUnderTest.StartAsync("");
        using var client = AdminClientOf(gateway);
        using var tail = await client.GetAsync("usage/tail", HttpCompletionOption.ResponseHeadersRead, Cancel);
        await gateway.DisposeAsync();
        // Its end is one, and no broken connection: the gateway did not have to cut it off.
        Assert.StartsWith(": from now on", await tail.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private async Task CallAsync(string key)
    {
        using var response = await SendAsync(HttpMethod.Post, "/v1/chat/completions", key, LimitBed.ChatBody("o", ",\"max_tokens\":7"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<JsonElement> OwnAsync(string key, string query = "")
    {
        using var response = await SendAsync(HttpMethod.Get, "/gateway/v1/usage" + query, key);
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonElement.Parse(body);
    }

    private static (string Key, string Scope, long Requests, long Cost) Told(JsonElement own)
    {
        var total = own.GetProperty("usage").GetProperty("total");
        return (Text(own, "key"), Text(own, "scope"), total.GetProperty("requests").GetInt64(), total.GetProperty("billed_nano_usd").GetInt64());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_gateway.Url, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _gateway.Client.SendAsync(request, Cancel);
    }

    private async Task<JsonElement> AdminAsync(string path)
    {
        using var client = AdminClient();
        return JsonElement.Parse(await client.GetStringAsync(path, Cancel));
    }

    private HttpClient AdminClient() => AdminClientOf(_gateway);

    private static HttpClient AdminClientOf(GatewayUnderTest gateway) => new()
    {
        BaseAddress = new Uri(gateway.AdminAddress, "/admin/v1/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", gateway.AdminToken) },
    };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
