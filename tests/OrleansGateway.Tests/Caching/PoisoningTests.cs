using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Tests.Caching;

/// <summary>
/// Attacks on shared caches: Kettle, "Practical Web Cache Poisoning" (2018) and "Web Cache Entanglement" (2020); Nguyen et al., CPDoS (CCS 2019); Gil, "Web cache
/// deception" (2017); Mirheidari et al., "Cached and confused" (USENIX Security 2020); Bugcrowd's and PortSwigger's lists of delimiters (2024).
/// </summary>
public sealed class PoisoningTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Forwarded-Proto", "gopher")]
    [InlineData("X-Forwarded-For", "6.6.6.6")]
    [InlineData("Forwarded", "host=evil.example")]
    [InlineData("x-gateway-tenant", "evil")]
    [InlineData("x-gateway-user", "evil")]
    [InlineData("Via", "1.1 gateway")]
    public async Task Field_ThatOnlyWeWrite_DoesNotReachTheOriginAsTheClientsOwn(string name, string value)
    {
        await using var bed = await CacheBed.StartAsync(async http => await CacheBed.Storable(string.Join('\n', http.Request.Headers.Select(field => $"{field.Key}: {field.Value}")))(http));
        var poisoned = await bed.GetAsync("/page", (name, value));
        Assert.DoesNotContain("evil", poisoned.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("gopher", poisoned.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", poisoned.Body, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Host_ThatTheClientCalls_IsPartOfTheKey()
    {
        await using var bed = await CacheBed.StartAsync(async http => await CacheBed.Storable($"hello {http.Request.Headers["X-Forwarded-Host"]}")(http));
        Assert.Equal("hello evil.example", (await bed.GetAsync("/", ("Host", "evil.example"))).Body);
        Assert.Equal("hello good.example", (await bed.GetAsync("/", ("Host", "good.example"))).Body);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Hosts_ThatContradictOneAnother_AreRefused()
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable());
        var answer = await RawAsync(bed, "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Empty(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Get_WithABody_IsNeitherStoredNorAnsweredFromTheStore()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var body = await new StreamReader(http.Request.Body).ReadToEndAsync();
            await CacheBed.Storable("said: " + body)(http);
        });
        Assert.Contains("said: evil", await RawAsync(bed, "GET /fat HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nevil"), StringComparison.Ordinal);
        Assert.Contains("said: \r\n", await RawAsync(bed, "GET /fat HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") + "\r\n", StringComparison.Ordinal);
        Assert.Contains("fwd=bypass", await RawAsync(bed, "GET /fat HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nevil"), StringComparison.Ordinal);
        Assert.Equal(3, bed.Asked.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("X-HTTP-Method", "POST")]
    [InlineData("X-Method-Override", "PUT")]
    public async Task Method_PutInAField_PassesTheCacheBy(string name, string value)
    {
        await using var bed = await CacheBed.StartAsync(async http => await CacheBed.Storable("did " + http.Request.Headers[name])(http));
        Assert.Equal("did " + value, (await bed.GetAsync("/thing", (name, value))).Body);
        Assert.Equal("did ", (await bed.GetAsync("/thing")).Body);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/account/x.css")]
    [InlineData("/account;x.css")]
    [InlineData("/account%2fx.css")]
    [InlineData("/account%00x.css")]
    [InlineData("/account%3fx.css")]
    [InlineData("/account%23x.css")]
    [InlineData("/account/%2e%2e/x.css")]
    [InlineData("/static/..%2faccount")]
    [InlineData("/account$x.css")]
    [InlineData("/account/x.avif")]
    public async Task Path_ThatLooksLikeAFile_MakesAPrivatePageNoMoreStorable(string path)
    {
        await using var bed = await CacheBed.StartAsync(async http => await http.Response.WriteAsync("secret " + Guid.NewGuid()));
        var first = await RawAsync(bed, $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var second = await RawAsync(bed, $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.True(bed.Asked.Count is 0 or 2, "Either refused or asked for each time.");
        Assert.DoesNotContain("gateway; hit", first + second, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/page", "//page")]
    [InlineData("/page", "/page/")]
    [InlineData("/page", "/page;a")]
    [InlineData("/page", "/%70age")]
    [InlineData("/page", "/page%2f")]
    [InlineData("/page?a=1&b=2", "/page?b=2&a=1")]
    [InlineData("/page?a=1", "/page?a=1&a=2")]
    [InlineData("/page?a=1", "/page?A=1")]
    [InlineData("/page", "/page?")]
    [InlineData("/page?utm_content=x", "/page?utm_content=y")]
    public async Task Targets_ThatAnOriginMayTellApart_DoNotShareAnAnswer(string one, string other)
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable());
        await RawAsync(bed, $"GET {one} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answer = await RawAsync(bed, $"GET {other} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("gateway; hit", answer, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(413)]
    [InlineData(431)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(503)]
    public async Task Error_WithoutExplicitFreshness_IsNotStored(int status)
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.StatusCode = http.Request.Headers.ContainsKey("X-Oversized") ? status : 200;
            http.Response.Headers.LastModified = "Mon, 01 Jan 2024 00:00:00 GMT";
            http.Response.Headers.CacheControl = http.Response.StatusCode == 200 ? "max-age=60" : default;
            await http.Response.WriteAsync("answer");
        }, "scope: public");
        Assert.Equal(status, (await bed.GetAsync("/page", ("X-Oversized", new string('x', 1000)))).Status);
        Assert.Equal(200, (await bed.GetAsync("/page")).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Field_NamedInConnection_IsNeitherPassedOnNorStored()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers.Connection = "X-Secret";
            http.Response.Headers["X-Secret"] = "hop";
            await CacheBed.Storable("got " + http.Request.Headers["X-Drop"] + http.Request.Headers.Cookie)(http);
        });
        // Drops what the origin would tell users apart by: then it must be absent for the cache too.
        var answer = await RawAsync(bed, "GET /hop HTTP/1.1\r\nHost: a\r\nX-Drop: me\r\nConnection: close, X-Drop\r\n\r\n");
        Assert.Contains("got ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("got me", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Secret", await RawAsync(bed, "GET /hop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Vary_OnAFieldThatConnectionDrops_GoesByWhatTheOriginGot()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers.Vary = "X-Kind";
            await CacheBed.Storable("kind " + http.Request.Headers["X-Kind"])(http);
        });
        Assert.Contains("kind \r\n", await RawAsync(bed, "GET /vary HTTP/1.1\r\nHost: a\r\nX-Kind: b\r\nConnection: close, X-Kind\r\n\r\n") + "\r\n", StringComparison.Ordinal);
        Assert.Contains("kind b", await RawAsync(bed, "GET /vary HTTP/1.1\r\nHost: a\r\nX-Kind: b\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Redirect_WithTheQueryInIt_IsTheQuerysOwn()
    {
        await using var bed = await CacheBed.StartAsync(http =>
        {
            http.Response.StatusCode = 301;
            http.Response.Headers.CacheControl = "max-age=60";
            http.Response.Headers.Location = "/to" + http.Request.QueryString;
            return Task.CompletedTask;
        });
        Assert.Equal("/to?x=evil", (await bed.GetAsync("/from?x=evil")).Headers["Location"]);
        Assert.Equal("/to?x=good", (await bed.GetAsync("/from?x=good")).Headers["Location"]);
        Assert.Equal("/to", (await bed.GetAsync("/from")).Headers["Location"]);
    }

    private static async Task<string> RawAsync(CacheBed bed, string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(bed.Url.Host, bed.Url.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await new StreamReader(client.GetStream(), Encoding.Latin1).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
