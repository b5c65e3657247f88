using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>What is sent is exactly what was meant, or nothing.</summary>
public sealed class RequestTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Deadline)]
    [InlineData("POST", "v1/chat?x=%20\u00e4", "{}", "POST /v1/chat?x=%20%C3%A4 HTTP/1.1\r\nHost: HOST\r\nAccept: a/b\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST", "", "", "POST / HTTP/1.1\r\nHost: HOST\r\nAccept: a/b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "", "", "GET / HTTP/1.1\r\nHost: HOST\r\nAccept: a/b\r\n\r\n")]
    public async Task Request_OnTheWire_IsAsGiven(string method, string path, string body, string wire)
    {
        var received = "";
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            received = await connection.ReadRequestAsync() ?? "";
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        using var upstream = new Http1Upstream(TimeProvider.System);
        var request = server.NewRequest(new HttpMethod(method), path, System.Text.Encoding.UTF8.GetBytes(body));
        request.Headers.Add(new("Accept", "a/b"));
        await upstream.CallAsync(request, Cancellation);
        Assert.Equal(wire.Replace("HOST", $"127.0.0.1:{server.Port}", StringComparison.Ordinal), received);
    }

    [Fact(Timeout = Deadline)]
    public async Task Host_AndTypeThatAreGiven_ReplaceOurs()
    {
        var received = "";
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            received = await connection.ReadRequestAsync() ?? "";
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        using var upstream = new Http1Upstream(TimeProvider.System);
        var request = server.Post("x"u8.ToArray());
        request.Headers.Add(new("host", "other.example"));
        request.Headers.Add(new("content-type", "text/plain"));
        await upstream.CallAsync(request, Cancellation);
        Assert.Equal("POST / HTTP/1.1\r\nhost: other.example\r\ncontent-type: text/plain\r\nContent-Length: 1\r\n\r\nx", received);
    }

    [Theory]
    [InlineData("http://provider.example/", "provider.example")]
    [InlineData("http://provider.example:8080/", "provider.example:8080")]
    [InlineData("http://[::1]:8080/", "[::1]:8080")]
    [InlineData("http://\u00e4.example/", "xn--4ca.example")]
    public void Host_OfAnAddress_IsNamedAsItMustBe(string address, string host)
    {
        using var upstream = new Http1Upstream(TimeProvider.System);
        Assert.Equal(host, upstream.PoolOf(new Uri(address), UpstreamAccess.Default).HostField);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("X", "a\r\nY: b")]
    [InlineData("X", "a\nY: b")]
    [InlineData("X", "a\rb")]
    [InlineData("X", "a\0")]
    [InlineData("X", "\u007f")]
    [InlineData("X", "\u0100")]
    [InlineData("X", "\u010d\u010a")]
    [InlineData("X\r\nY", "a")]
    [InlineData("X Y", "a")]
    [InlineData("X:", "a")]
    [InlineData("", "a")]
    [InlineData("\u00e4", "a")]
    [InlineData("Content-Length", "5")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Expect", "100-continue")]
    [InlineData("Upgrade", "h2c")]
    public async Task Header_ThatWouldMeanSomethingElse_IsNeverSent(string name, string value)
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var upstream = new Http1Upstream(TimeProvider.System);
        var request = server.Get();
        request.Headers.Add(new(name, value));
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => upstream.CallAsync(request, Cancellation));
        Assert.StartsWith("the request cannot be sent: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Connections);
    }
}
