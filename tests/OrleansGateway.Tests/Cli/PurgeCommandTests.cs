using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansGateway.Admin;
using OrleansGateway.Cli;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Cli;

/// <summary><c>gateway purge</c> and <c>gateway events</c> against a running gateway that caches what an origin says.</summary>
public sealed class PurgeCommandTests : IAsyncLifetime
{
    private OriginServer _origin = null!;
    private GatewayUnderTest _gateway = null!;
    private int _asked;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string ConfigPath => Path.Combine(_gateway.Folder, "gateway.yaml");

    public async ValueTask InitializeAsync()
    {
        _origin = await OriginServer.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "max-age=3600";
            http.Response.Headers["Cache-Tag"] = "product-42";
            http.Response.Headers["Cache-Groups"] = "\"catalogue\"";
            await http.Response.WriteAsync(Interlocked.Increment(ref _asked).ToString(CultureInfo.InvariantCulture));
        }, HttpProtocols.Http1);
        _gateway = await GatewayUnderTest.StartWholeAsync(Yaml("[acme]"));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--tag", "product-42", "tag product-42")]
    [InlineData("--url", "http://HOST/shop/42", "url HOST/shop/42")]
    [InlineData("--prefix", "HOST/shop/", "prefix HOST/shop/")]
    [InlineData("--host", "HOST", "host HOST")]
    [InlineData("--group", "http://HOST catalogue", "group http://HOST catalogue")]
    [InlineData("--all", null, "all")]
    public async Task Purge_ByAnySelector_IsDoneWhenTheCommandReturns(string option, string? value, string named)
    {
        Assert.Equal("1", await GetAsync());
        Assert.Equal("1", await GetAsync());
        string[] words = value is null ? [option] : [option, OfHost(value)];
        Assert.Equal($"Purged {OfHost(named)} of acme (hard), as number 1.\n", await GoodAsync(["purge", .. words, "--tenant", "acme"]));
        Assert.Equal("2", await GetAsync());
        Assert.StartsWith($$"""{"sequence":2,"applied":true,"tenant":"acme","mode":"soft","selectors":["{{OfHost(named)}}"]""", await GoodAsync(["purge", .. words, "--tenant", "acme", "--soft", "--json"]), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_OfOthers_LeavesWhatIsStored()
    {
        await GetAsync();
        await GoodAsync("purge", "--tag", "product-4", "--url", OfHost("HOST/shop/4"), "--group", OfHost("http://HOST other"), "--host", "other.example", "--tenant", "acme");
        await GoodAsync("purge", "--all", "--tenant", "beta");
        Assert.Equal("1", await GetAsync());
        await GoodAsync("purge", "--tag", "product-42");
        Assert.Equal("2", await GetAsync());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Selects nothing")]
    [InlineData("groups[0]: Must be an origin, a space and a group's name.", "--group", "catalogue")]
    [InlineData("tenant: There is no tenant", "--all", "--tenant", "nobody")]
    public async Task Purge_OfWhatCannotBe_SaysWhatIsWrong(string expected, params string[] words)
    {
        var (exit, _, error) = await RunAsync(["purge", .. words]);
        Assert.Equal(1, exit);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task EventsTest_OfAMessage_ShowsWhatItWouldPurgeAndPurgesNothing()
    {
        await GetAsync();
        var message = Path.Combine(_gateway.Folder, "message.json");
        await File.WriteAllTextAsync(message, """{"tags": ["product-42"], "mode": "soft", "event_id": "e-1"}""", Cancel);
        var shown = await GoodAsync("events", "test", message, "--config", ConfigPath, "--source", "shop");
        Assert.Equal("Source:   shop\nTenant:   acme\nMode:     soft\nEvent id: e-1\nPurges:   tag product-42\n", shown);
        await File.WriteAllTextAsync(message, """{"tags": ["product-42"], "tenant": "beta"}""", Cancel);
        var (exit, _, error) = await RunAsync("events", "test", message, "--config", ConfigPath);
        Assert.Equal(1, exit);
        Assert.Contains("(tenant_not_allowed)", error, StringComparison.Ordinal);
        Assert.Equal("1", await GetAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Events_ThatWereRefused_AreListedTakenInAndForgotten()
    {
        Assert.Equal("No refused messages.\n", await GoodAsync("events", "parked"));
        await SendAsync("""{"tags": ["product-42"], "tenant": "beta"}""");
        await SendAsync("not JSON");
        var lines = (await GoodAsync("events", "parked")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^NUMBER +SOURCE +AT +CODE +REASON$", lines[0]);
        Assert.Matches("^1 +shop +.+ tenant_not_allowed +", lines[1]);
        Assert.Matches("^2 +shop +.+ unreadable +", lines[2]);
        Assert.StartsWith("1 ", (await GoodAsync("events", "parked", "--source", "shop", "--limit", "1")).Split('\n')[1], StringComparison.Ordinal);
        Assert.StartsWith("""{"messages":[{"number":1,""", await GoodAsync("events", "parked", "--json"), StringComparison.Ordinal);

        var still = await RunAsync("events", "retry", "1");
        Assert.Equal(1, still.Exit);
        Assert.Contains("may not speak for", still.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(ConfigPath, Yaml("[acme, beta]"), Cancel);
        using var admin = Admin();
        using var reloaded = await admin.PostAsync("/admin/v1/config/reload", null, Cancel);
        Assert.True(reloaded.IsSuccessStatusCode, await reloaded.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("Taken in.\n", await GoodAsync("events", "retry", "1"));
        Assert.Equal("Deleted.\n", await GoodAsync("events", "delete", "2"));
        Assert.Equal("No refused messages.\n", await GoodAsync("events", "parked"));
        Assert.Equal(1, (await RunAsync("events", "delete", "2")).Exit);
        Assert.Equal(1, (await RunAsync("events", "retry", "1")).Exit);
    }

    private string Yaml(string tenants) => $$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: { }, beta: { } }
        keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} } }
        upstreams: {origin: {targets: [{url: "{{_origin.Url}}"}]} }
        routes: {shop: {path: /, upstream: origin, cache: tenant} }
        invalidation: {sources: {shop: {tenants: {{tenants}}, tenant: "{tenant}"} } }
        """;

    private string OfHost(string text) => text.Replace("HOST", _gateway.Url.Authority, StringComparison.Ordinal);

    private Task<string> GetAsync() => _gateway.Client.GetStringAsync("/shop/42", Cancel);

    private HttpClient Admin()
    {
        var admin = new HttpClient { BaseAddress = _gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(TokenFile).Trim());
        return admin;
    }

    private string TokenFile => Path.Combine(_gateway.Folder, ".gateway", AdminToken.FileName);

    private async Task SendAsync(string message)
    {
        using var admin = Admin();
        using var body = new StringContent(message);
        using var answer = await admin.PostAsync("/admin/v1/events?source=shop", body, Cancel);
        Assert.Equal(422, (int)answer.StatusCode);
    }

    private async Task<string> GoodAsync(params string[] arguments)
    {
        var (exit, output, error) = await RunAsync(arguments);
        Assert.True(exit == 0, error);
        return output;
    }

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var isTest = arguments is ["events", "test", ..];
        string[] reach = isTest ? [] : ["--admin", _gateway.AdminAddress.ToString(), "--token-file", TokenFile];
        var exit = await GatewayCommandLine.Create().Parse([.. arguments, .. reach]).InvokeAsync(new() { Output = output, Error = error }, Cancel);
        return (exit, output.ToString(), error.ToString());
    }
}
