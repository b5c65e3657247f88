using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StackExchange.Redis;

namespace OrleansGateway.Cluster.Tests;

/// <summary>What one edge has fetched the others find in Redis; what was purged none of them does, and whatever becomes of Redis, all are served.</summary>
public sealed class ClusterSecondLevelTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, int> _asked = [];
    private readonly ConcurrentDictionary<string, int> _versions = [];
    private WebApplication _origin = null!;
    private TestCluster _cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _origin = await LoopbackApp.StartAsync(app => app.Map("/{page}", (HttpContext http, string page) =>
        {
            _asked.AddOrUpdate(page, 1, static (_, times) => times + 1);
            (http.Response.Headers.CacheControl, http.Response.Headers["Cache-Tag"]) = (page.StartsWith("private", StringComparison.Ordinal) ? "private" : "max-age=3600", page);
            if (page.StartsWith("language", StringComparison.Ordinal)) http.Response.Headers.Vary = "Accept-Language";
            return $"{_versions.GetValueOrDefault(page)} {http.Request.Headers.AcceptLanguage}";
        }));
        _cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {}, globex: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} }, other: { tenant: globex, secret: {{OtherKey}} } }
            upstreams: { origin: { targets: [ { url: "{{LoopbackApp.AddressOf(_origin)}}" } ] } }
            routes: { all: { path: /, upstream: origin, auth: [key], cache: { scope: tenant } } }
            cache: { second_level: { timeout: 1s } }
            """, silos: 0, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _origin.DisposeAsync();
    }

    private static string OtherKey => "gw_" + new string('o', 40);

    [Fact(Timeout = 180_000)]
    public async Task Answer_OfOneEdge_IsFoundByOthers_AndByOneThatStartsLater_UntilItIsPurged()
    {
        var (one, two) = (await AddAsync("both"), await AddAsync("edge"));
        Assert.Equal("0 ", await ShareAsync(one, "page"));
        Assert.Contains("\"verdict\":\"hit\"", await ExplainAsync(two, "page"), StringComparison.Ordinal);
        Assert.Contains("\"level\":\"second_level\"", await ExplainAsync(two, "page"), StringComparison.Ordinal);
        Assert.Equal("0 ", await ReadAsync(two, "page"));
        Assert.Contains("\"level\":\"memory\"", await ExplainAsync(two, "page"), StringComparison.Ordinal);
        Assert.Equal(1, _asked["page"]);
        var three = await AddAsync("edge");
        Assert.Equal("0 ", await ReadAsync(three, "page"));
        Assert.Equal(1, _asked["page"]);
        _versions["page"] = 1;
        await PurgeAsync(two, "page");
        // All of them, and one that has not been there.
        var four = await AddAsync("edge");
        foreach (var gateway in new[] { three, four, one, two }) Assert.Equal("1 ", await ReadAsync(gateway, "page"));
        Assert.InRange(_asked["page"], 2, 5);
    }

    [Fact(Timeout = 180_000)]
    public async Task Answers_ThatVary_AreFoundByWhatTheRequestSays_AndTenantsAndPrivateOnesAreKeptApart()
    {
        var (one, two) = (await AddAsync("both"), await AddAsync("edge"));
        foreach (var language in new[] { "de", "fr" }) Assert.Equal("0 " + language, await ShareAsync(one, "language", language));
        foreach (var language in new[] { "fr", "de" }) Assert.Equal("0 " + language, await ReadAsync(two, "language", language));
        Assert.Equal(2, _asked["language"]);
        Assert.Equal("0 it", await ShareAsync(two, "language", "it"));
        Assert.Equal("0 it", await ReadAsync(one, "language", "it"));
        Assert.Equal(3, _asked["language"]);
        two.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", OtherKey);
        Assert.Equal("0 de", await ReadAsync(two, "language", "de"));
        Assert.Equal(4, _asked["language"]);
        await ReadAsync(one, "private");
        await ReadAsync(two, "private");
        Assert.Equal(2, _asked["private"]);
    }

    [Fact(Timeout = 180_000)]
    public async Task Redis_ThatStopsAndComesBackEmpty_IsDoneWithout()
    {
        var (one, two) = (await AddAsync("both"), await AddAsync("edge"));
        await ShareAsync(one, "before");
        Assert.Equal("0 ", await ReadAsync(two, "before"));
        await _cluster.Redis.StopAsync();
        Assert.Equal("0 ", await ReadAsync(one, "during"));
        Assert.Equal("0 ", await ReadAsync(two, "during"));
        Assert.Equal(2, _asked["during"]);
        await _cluster.Redis.RestartAsync(Cancel);
        Assert.Equal("0 ", await ShareAgainAsync(one, two));
    }

    [Fact(Timeout = 180_000)]
    public async Task Database_ThatWasSetBack_MakesWhatIsThereUnusable()
    {
        var one = await AddAsync("both");
        await ShareAsync(one, "page");
        Assert.Equal("0 ", await ReadAsync(await AddAsync("edge"), "page"));
        // The mark says that something there was fetched at a place of the sequence that the database has not come to.
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(_cluster.Redis.ConnectionString)) await redis.GetDatabase().HashSetAsync("{test/cache}", "head", 1_000);
        _versions["page"] = 1;
        var three = await AddAsync("edge");
        Assert.Equal("1 ", await ReadAsync(three, "page"));
        Assert.Contains("was set back", three.Process.Output.Text + three.Process.Errors.Text, StringComparison.Ordinal);
    }

    /// <summary>Once it can ask Redis.</summary>
    private async Task<ClusterGateway> AddAsync(string role)
    {
        var gateway = await _cluster.AddGatewayAsync(role, Cancel);
        for (var turn = 0; await WritesAsync(gateway) == 0; turn++)
        {
            Assert.True(turn < 600, gateway.Process.Errors.Text);
            await ReadAsync(gateway, $"open{gateway.Process.Id}-{turn}");
            await Task.Delay(100, Cancel);
        }

        // What was written last is counted too.
        await Task.Delay(100, Cancel);
        return gateway;
    }

    /// <summary>Fetches what is not there, and waits until others can find it.</summary>
    private static async Task<string> ShareAsync(ClusterGateway gateway, string page, string language = "")
    {
        var before = await WritesAsync(gateway);
        var text = await ReadAsync(gateway, page, language);
        for (var left = 100; await WritesAsync(gateway) == before; left--)
        {
            Assert.True(left > 0, gateway.Process.Errors.Text);
            await Task.Delay(50, Cancel);
        }

        return text;
    }

    private async Task<string> ShareAgainAsync(ClusterGateway one, ClusterGateway two)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var page = $"after{turn}";
            await ReadAsync(one, page);
            await Task.Delay(100, Cancel);
            var text = await ReadAsync(two, page);
            if (_asked[page] == 1) return text;
        }

        return "never found again";
    }

    private static async Task<double> WritesAsync(ClusterGateway gateway) =>
        (await gateway.Admin.GetStringAsync("/metrics", Cancel)).Split('\n').Where(static line => line.StartsWith("gateway_cache_second_level_writes_total", StringComparison.Ordinal))
            .Sum(static line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

    private static async Task<string> ReadAsync(ClusterGateway gateway, string page, string language = "")
    {
        // Clients call all edges by one name.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + page) { Headers = { Host = "shop.example" } };
        if (language.Length > 0) request.Headers.Add("Accept-Language", language);
        using var response = await gateway.Client.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private static Task<string> ExplainAsync(ClusterGateway gateway, string page) =>
        gateway.Admin.GetStringAsync($"/admin/v1/cache/explain?tenant=acme&url=http://shop.example/{page}", Cancel);

    private static async Task PurgeAsync(ClusterGateway gateway, string page)
    {
        using var response = await gateway.Admin.PostAsJsonAsync("/admin/v1/purge", new { tenant = "acme", tags = new[] { page } }, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }
}
