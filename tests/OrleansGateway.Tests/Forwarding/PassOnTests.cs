using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>What of a request reaches the upstream, and what of its answer the client.</summary>
public sealed class PassOnTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Deadline)]
    [InlineData("GET")] [InlineData("HEAD")] [InlineData("POST")] [InlineData("PUT")] [InlineData("PATCH")] [InlineData("DELETE")] [InlineData("OPTIONS")] [InlineData("REPORT")]
    public async Task Request_OfAnyMethod_ArrivesAsSent(string method)
    {
        await using var bed = await ForwardBed.StartAsync(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            http.Response.Headers["x-seen"] = $"{http.Request.Method} {RawTarget(http)} {Encoding.UTF8.GetString(body.ToArray())}";
            http.Response.StatusCode = 207;
            await http.Response.WriteAsync("said");
        });
        using var request = new HttpRequestMessage(new HttpMethod(method), "/a%2Fb/c%20d;e=1?q=%C3%A4&q=2&empty=");
        var hasBody = method is not ("GET" or "HEAD" or "OPTIONS");
        if (hasBody) request.Content = new StringContent("body");
        using var answer = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode)207, answer.StatusCode);
        Assert.Equal($"{method} /a%2Fb/c%20d;e=1?q=%C3%A4&q=2&empty= {(hasBody ? "body" : "")}".TrimEnd(), answer.Headers.GetValues("x-seen").Single().TrimEnd());
        Assert.Equal(method == "HEAD" ? "" : "said", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task RequestHead_OnItsWay_LosesWhatIsTheConnectionsAndGainsWhereItCameFrom()
    {
        IHeaderDictionary seen = new HeaderDictionary();
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            seen = new HeaderDictionary(http.Request.Headers.ToDictionary());
            return Task.CompletedTask;
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        foreach (var (name, value) in new[]
        {
            ("X-Own", "kept"), ("Cookie", "a=1; b=2"), ("Accept", "text/html, */*;q=0.1"), ("Authorization", "Basic abc"),
            ("X-Hop", "gone"), ("Connection", "x-hop, keep-alive"), ("Keep-Alive", "timeout=5"), ("Proxy-Authorization", "Basic xyz"), ("TE", "gzip"),
            ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Host", "evil"), ("Forwarded", "for=6.6.6.6"), ("x-gateway-tenant", "evil"), ("Via", "1.1 before"),
        })
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using var answer = await bed.Client.SendAsync(request, Cancellation);
        var port = bed.Url.Port;
        Assert.Equal("kept", seen["X-Own"].ToString());
        Assert.Equal("a=1; b=2", seen.Cookie.ToString());
        Assert.Equal("text/html, */*;q=0.1", seen.Accept.ToString());
        // Nobody asked for a key here, so what the client shows is the upstream's.
        Assert.Equal("Basic abc", seen.Authorization.ToString());
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"].ToString());
        Assert.Equal("http", seen["X-Forwarded-Proto"].ToString());
        Assert.Equal($"127.0.0.1:{port}", seen["X-Forwarded-Host"].ToString());
        Assert.Equal($"for=127.0.0.1;host=\"127.0.0.1:{port}\";proto=http", seen["Forwarded"]);
        Assert.Equal("1.1 before, 1.1 gateway", seen.Via.ToString());
        Assert.Equal(answer.Headers.GetValues("x-request-id").Single(), seen["x-request-id"].ToString());
        Assert.NotEqual($"127.0.0.1:{port}", seen.Host.ToString());
        foreach (var gone in new[] { "X-Hop", "Keep-Alive", "Proxy-Authorization", "TE", "x-gateway-tenant" }) Assert.False(seen.ContainsKey(gone), gone);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("Connection: close, X-Hop")] [InlineData("Connection: x-hop ,close")] [InlineData("Connection: Keep-Alive, close,x-hop, x-other")]
    public async Task Field_NamedByConnectionBesideItsOptions_StaysHere(string connection)
    {
        var seen = (string?)null;
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            seen = string.Join(',', http.Request.Headers.Select(header => header.Key));
            return Task.CompletedTask;
        });
        // Read to the end: the option to close is followed too.
        await RawExchange.SendAsync(bed.Url, $"GET / HTTP/1.1\r\nHost: x\r\nX-Hop: 1\r\n{connection}\r\n\r\n", Cancellation);
        Assert.NotNull(seen);
        Assert.DoesNotContain("X-Hop", seen, StringComparison.OrdinalIgnoreCase);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("", null)] [InlineData("pass_credentials: true", "Bearer " + Gateway.GatewayUnderTest.Key)]
    public async Task Credentials_OfACaller_StayHereUnlessTold(string setting, string? passed)
    {
        var (authorization, tenant) = ("", "");
        await using var bed = await ForwardBed.StartAsync(
            http =>
            {
                (authorization, tenant) = (http.Request.Headers.Authorization.ToString(), http.Request.Headers["x-gateway-tenant"].ToString());
                return Task.CompletedTask;
            },
            route: "auth: [key]" + (setting.Length > 0 ? ", " + setting : ""));
        using var anonymous = await bed.Client.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        using var answer = await bed.Gateway.Client.GetAsync("/", Cancellation);
        Assert.Equal((HttpStatusCode.OK, passed ?? "", "acme"), (answer.StatusCode, authorization, tenant));
    }

    [Fact(Timeout = Deadline)]
    public async Task AnswerHead_OnItsWay_LosesWhatIsTheConnections()
    {
        await using var bed = await ForwardBed.StartAsync(async http =>
        {
            var headers = http.Response.Headers;
            headers.SetCookie = new(["a=1", "b=2"]);
            headers.Connection = "x-hop";
            headers["x-hop"] = "gone";
            headers["Keep-Alive"] = "timeout=5";
            headers["x-own"] = "kept";
            headers.ETag = "\"1\"";
            headers.Via = "1.1 behind";
            headers["x-request-id"] = "theirs";
            await http.Response.WriteAsync("x");
        });
        using var answer = await bed.Client.GetAsync("/", Cancellation);
        Assert.Equal(["a=1", "b=2"], answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal("kept", answer.Headers.GetValues("x-own").Single());
        Assert.Equal("\"1\"", answer.Headers.ETag!.Tag);
        Assert.Equal("1.1 behind, 1.1 gateway", string.Join(", ", answer.Headers.GetValues("Via")));
        Assert.StartsWith("req_", answer.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("x-hop") || answer.Headers.Contains("Keep-Alive"));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(204, null)] [InlineData(304, 5L)] [InlineData(205, 0L)]
    public async Task AnswerWithoutBody_OfEachKind_ReachesTheClient(int status, long? length)
    {
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            if (status == 304) http.Response.ContentLength = 5;
            return Task.CompletedTask;
        });
        for (var i = 0; i < 2; i++)
        {
            using var answer = await bed.Client.GetAsync("/", Cancellation);
            Assert.Equal((status, length), ((int)answer.StatusCode, answer.Content.Headers.ContentLength is 0 && status == 204 ? null : answer.Content.Headers.ContentLength));
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task HeadAnswer_WithALength_KeepsIt()
    {
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            http.Response.ContentLength = 1234;
            return Task.CompletedTask;
        });
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using var answer = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal(1234, answer.Content.Headers.ContentLength);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("TRACE")] [InlineData("CONNECT")]
    public async Task Method_ThatIsNotPassedOn_IsRefused(string method)
    {
        await using var bed = await ForwardBed.StartAsync(_ => throw new InvalidOperationException("Nothing must arrive."));
        var target = method == "CONNECT" ? "example.com:80" : "/";
        var answer = await RawExchange.SendAsync(bed.Url, $"{method} {target} HTTP/1.1\r\nHost: {(method == "CONNECT" ? target : "x")}\r\nConnection: close\r\n\r\n", Cancellation);
        Assert.Matches("^HTTP/1.1 40[045] ", answer);
    }

    private static string RawTarget(HttpContext http) => http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
