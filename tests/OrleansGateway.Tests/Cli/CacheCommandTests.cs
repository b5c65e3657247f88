using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansGateway.Cli;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Cli;

/// <summary><c>gateway cache</c> and the admin API behind it, against a running gateway.</summary>
public sealed class CacheCommandTests : IAsyncLifetime
{
    private const string Other = "other-key-0123456789-0123456789";

    private OriginServer _origin = null!;
    private GatewayUnderTest _gateway = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _origin = await OriginServer.StartAsync(async http =>
        {
            if (http.Request.Path.StartsWithSegments("/private", StringComparison.Ordinal)) http.Response.Headers.CacheControl = "private";
            else http.Response.Headers.CacheControl = "max-age=3600, stale-while-revalidate=60";
            http.Response.Headers["Cache-Tag"] = "product-42";
            if (http.Request.Path.StartsWithSegments("/vary", StringComparison.Ordinal)) http.Response.Headers.Vary = "Accept-Language";
            await http.Response.WriteAsync("0123456789");
        }, HttpProtocols.Http1);
        _gateway = await GatewayUnderTest.StartWholeAsync($$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            tenants: {acme: { }, beta: { } }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} }, other: {tenant: beta, secret: {{Other}} } }
            upstreams: {origin: {targets: [{url: "{{_origin.Url}}"}]} }
            providers: {fake: {kind: fake} }
            models: {m: {targets: [{provider: fake, price: {input: 1000000, output: 1000000} }] } }
            routes:
              shop: {path: /, upstream: origin, cache: {scope: tenant, tags: [all-of-shop]} }
              plain: {path: /plain/, upstream: origin}
              ai: {path: /ai/, model_cache: {ttl: 1h} }
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Stats_AfterSomeRequests_SayWhatTheCacheDidForEachTenantAndRoute()
    {
        Assert.Contains("No requests on routes with a cache.", await GoodAsync("stats"), StringComparison.Ordinal);
        for (var i = 0; i < 4; i++) await GetAsync("/a");
        await GetAsync("/a", ("If-None-Match", "*"));
        await GetAsync("/a", ("Range", "bytes=0-2"));
        await SendAsync(HttpMethod.Delete, "/b");
        await GetAsync("/a", key: Other);
        var lines = (await GoodAsync("stats")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^TENANT +ROUTE +REQUESTS +HIT RATIO +HITS +STALE +COLLAPSED +REVALIDATED +MISSES +BYPASSED +BYTES SAVED$", lines[0]);
        // Three whole, one of three bytes, and one that the client had: no body.
        Assert.Matches("^acme +shop +7 +71.4 % +5 +0 +0 +0 +1 +1 +33$", lines[1]);
        Assert.Matches("^beta +shop +1 +0.0 % +0 +0 +0 +0 +1 +0 +0$", lines[2]);
        Assert.Matches(@"^Stored: 2 URLs in \d+ of \d+ bytes; 0 had to go", lines[3]);
        Assert.Matches("^beta +shop +1 ", (await GoodAsync("stats", "--tenant", "beta", "--last", "hour")).Split('\n')[1]);
        using var json = JsonDocument.Parse(await GoodAsync("stats", "--json"));
        Assert.Equal((8, 33), (json.RootElement.GetProperty("total").GetProperty("requests").GetInt32(), json.RootElement.GetProperty("total").GetProperty("saved_bytes").GetInt32()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Stats_OfModels_SayWhatWasSaved()
    {
        for (var i = 0; i < 3; i++)
        {
            using var body = new StringContent("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"Hi"}]}""", System.Text.Encoding.UTF8, "application/json");
            using var answer = await _gateway.Client.PostAsync("/ai/v1/chat/completions", body, Cancel);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        }

        var lines = (await GoodAsync("stats")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^TENANT +MODEL ROUTE +CALLS +HIT RATIO +HITS +COLLAPSED +MISSES +BYPASSED +TOKENS SAVED +SAVED USD$", lines[0]);
        Assert.Matches(@"^acme +ai +3 +66.7 % +2 +0 +1 +0 +[1-9]\d* +[1-9]\d*", lines[1]);
        Assert.StartsWith("Stored: 1 answers of models", lines[3], StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Top_ByMisses_HasTheHottestFirstAndOnlyThoseOfTheTenant()
    {
        Assert.Equal("Nothing was asked for.\n", await GoodAsync("top"));
        for (var i = 0; i < 3; i++) await GetAsync("/private/a?b=1");
        await GetAsync("/b");
        await GetAsync("/c", key: Other);
        var lines = (await GoodAsync("top", "--by", "misses")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^MISSES +TENANT +ROUTE +URL$", lines[0]);
        Assert.Matches($@"^3 +acme +shop +http://{_gateway.Url.Authority}/private/a\?b=1$", lines[1]);
        Assert.Equal(4, lines.Length);
        Assert.Equal(2, (await GoodAsync("top", "--tenant", "beta")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, (await GoodAsync("top", "--limit", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("""{"since":""", await GoodAsync("top", "--json"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Explain_OfWhatIsStored_SaysUnderWhatAndForHowLong()
    {
        Assert.Matches("^Verdict: +miss: Nothing is stored", await ExplainAsync("/vary/a"));
        await GetAsync("/vary/a", ("Accept-Language", "de"));
        var text = await ExplainAsync("/vary/a", "--header", "Accept-Language: de");
        Assert.Matches("Verdict: +hit: A fresh answer is stored.\nRoute: +shop\nUpstream: +origin\nShared by: +tenant acme\n", text);
        Assert.Matches("Entry 1: +for this request, in memory, status 200, 10 bytes, valid\n", text);
        Assert.Matches("Age: +[0-9]+ s of 3600 s, fresh for 3[0-9]+ s\n +Stale: +60 s while it is refreshed, [0-9]+ s if", text);
        Assert.Matches("Vary: +accept-language: stored for 'de', asked with 'de'\n", text);
        Assert.Matches($"Selected by: +host {_gateway.Url.Authority}, tag all-of-shop, tag product-42, url {_gateway.Url.Authority}/vary/a\n +Sequence: +0\n", text);
        Assert.Matches("Verdict: +miss: What is stored for this URL is for requests that say something else", await ExplainAsync("/vary/a", "--header", "Accept-Language: fr"));
        Assert.Matches("Verdict: +revalidate: The request wants a newer answer.", await ExplainAsync("/vary/a", "--header", "Accept-Language: de", "--header", "Cache-Control: no-cache"));
        Assert.Matches("Verdict: +no_cache: The route has no cache.", await ExplainAsync("/plain/a"));
        Assert.Matches("Verdict: +no_cache: The route caches answers of models", await ExplainAsync("/ai/v1/chat/completions"));
        Assert.Equal(1, (await RunAsync("explain", "no-url")).Exit);
        Assert.Equal(1, (await RunAsync("explain", _gateway.Url + "a", "--header", "no field")).Exit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Explain_OfWhatWasNotStoredOrPurged_SaysWhyAndByWhom()
    {
        await GetAsync("/private/a");
        Assert.Matches("Verdict: +miss: Nothing is stored(.|\n)*Not stored: +private \\(status 200\\) at ", await ExplainAsync("/private/a"));
        await GetAsync("/a");
        await GoodWholeAsync("purge", "--tag", "product-42", "--tenant", "acme", "--soft");
        var soft = await ExplainAsync("/a");
        // A soft one may be given while a new answer is fetched: the upstream allows it.
        Assert.Matches("Verdict: +stale: It may be given(.|\n)* soft\n(.|\n)*Purged by: +tag product-42 \\(soft\\), number 1, by ", soft);
        await GoodWholeAsync("purge", "--prefix", _gateway.Url.Authority + "/", "--tenant", "acme");
        Assert.Matches("Verdict: +miss(.|\n)*Last purge: +prefix .+/ \\(hard\\), number 2, by ", await ExplainAsync("/a"));
        Assert.DoesNotContain("Last purge", await GoodAsync("explain", new Uri(_gateway.Url, "/a").ToString(), "--tenant", "beta"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Api_ForAnAdminOfATenant_TellsOfThatOneOnly()
    {
        Topology.SkipOnCluster("reads what one node has counted.");
        await GetAsync("/a");
        await GetAsync("/b", key: Other);
        using var owner = new HttpClient { BaseAddress = _gateway.AdminAddress };
        owner.DefaultRequestHeaders.Authorization = new("Bearer", _gateway.AdminToken);
        using var request = new StringContent("""{"role":"tenant_admin","tenant":"beta"}""", System.Text.Encoding.UTF8, "application/json");
        using var made = await owner.PostAsync("/admin/v1/admins", request, Cancel);
        using var document = JsonDocument.Parse(await made.Content.ReadAsStringAsync(Cancel));
        using var beta = new HttpClient { BaseAddress = _gateway.AdminAddress };
        beta.DefaultRequestHeaders.Authorization = new("Bearer", document.RootElement.GetProperty("token").GetString());
        foreach (var path in (string[])["stats", "top"])
        {
            var text = await beta.GetStringAsync("/admin/v1/cache/" + path, Cancel);
            Assert.Contains("\"tenant\":\"beta\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("acme", text, StringComparison.Ordinal);
            Assert.DoesNotContain("memory_bytes", text, StringComparison.Ordinal);
            Assert.Equal(403, (int)(await beta.GetAsync($"/admin/v1/cache/{path}?tenant=acme", Cancel)).StatusCode);
        }

        var url = Uri.EscapeDataString(new Uri(_gateway.Url, "/a").ToString());
        Assert.Contains("\"verdict\":\"miss\"", await beta.GetStringAsync("/admin/v1/cache/explain?url=" + url, Cancel), StringComparison.Ordinal);
        Assert.Equal(403, (int)(await beta.GetAsync($"/admin/v1/cache/explain?tenant=acme&url={url}", Cancel)).StatusCode);
        Assert.Contains("\"verdict\":\"hit\"", await owner.GetStringAsync("/admin/v1/cache/explain?tenant=acme&url=" + url, Cancel), StringComparison.Ordinal);
        Assert.Equal(422, (int)(await owner.GetAsync("/admin/v1/cache/top?by=colour", Cancel)).StatusCode);
        Assert.Equal(422, (int)(await owner.GetAsync("/admin/v1/cache/stats?tenants=acme", Cancel)).StatusCode);
    }

    private Task GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, GatewayUnderTest.Key, headers);

    private Task GetAsync(string path, string key) => SendAsync(HttpMethod.Get, path, key);

    private async Task SendAsync(HttpMethod method, string path, string key = GatewayUnderTest.Key, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient { BaseAddress = _gateway.Url };
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await client.SendAsync(request, Cancel);
        await answer.Content.ReadAsByteArrayAsync(Cancel);
    }

    private Task<string> ExplainAsync(string path, params string[] more) => GoodAsync(["explain", new Uri(_gateway.Url, path).ToString(), "--tenant", "acme", .. more]);

    private Task<string> GoodAsync(params string[] arguments) => GoodWholeAsync(["cache", .. arguments]);

    private async Task<string> GoodWholeAsync(params string[] arguments)
    {
        var (exit, output, error) = await RunWholeAsync(arguments);
        Assert.True(exit == 0, error);
        return output;
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => RunWholeAsync(["cache", .. arguments]);

    private async Task<(int Exit, string Output, string Error)> RunWholeAsync(string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        string[] reach = ["--admin", _gateway.AdminAddress.ToString(), "--token-file", Path.Combine(_gateway.Folder, ".gateway", "admin-token")];
        var exit = await GatewayCommandLine.Create().Parse([.. arguments, .. reach]).InvokeAsync(new() { Output = output, Error = error }, Cancel);
        return (exit, output.ToString(), error.ToString());
    }
}
