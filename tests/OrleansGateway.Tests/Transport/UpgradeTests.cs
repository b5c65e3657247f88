using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Transport;

/// <summary>Connections that change to another protocol, asked for and not.</summary>
public sealed class UpgradeTests : IDisposable
{
    private const int Deadline = 60_000;
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\n";

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Fact(Timeout = Deadline)]
    public async Task Upgrade_ThatIsGranted_IsAWayInBothDirections()
    {
        var head = "";
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            head = await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(Switching + "Connection: upgrade\r\nUpgrade: WebSocket\r\n\r\nhello");
            await connection.SayAsync("|" + await connection.ReadUntilAsync("ping"));
            // Ends once we have ended our side, and can still be heard.
            await connection.ReadUntilAsync("never");
            await connection.SayAsync("|bye");
        });
        var request = Asking(server, "websocket");
        request.Headers.Add(new("TE", "trailers"));
        var response = await _upstream.SendAsync(request, Cancellation);
        Assert.Equal((101, 2, "WebSocket"), (response.Status, response.FieldCount, response.Header("upgrade")));
        await response.Upgraded.WriteAsync("ping"u8.ToArray(), Cancellation);
        await response.CompleteWritesAsync();
        using var reader = new StreamReader(response.Upgraded);
        Assert.Equal("hello|ping|bye", await reader.ReadToEndAsync(Cancellation));
        await response.DisposeAsync();
        Assert.EndsWith("TE: trailers\r\nConnection: Upgrade, TE\r\nUpgrade: websocket\r\n\r\n", head, StringComparison.Ordinal);
        Assert.Equal((0, 0), (server.PoolIn(_upstream).IdleCount, server.PoolIn(_upstream).OpenCount));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(null, "Connection: Upgrade\r\nUpgrade: websocket\r\n")]
    [InlineData("websocket", "Connection: Upgrade\r\nUpgrade: h2c\r\n")]
    [InlineData("websocket", "Connection: Upgrade\r\n")]
    [InlineData("websocket", "Upgrade: websocket\r\n")]
    [InlineData("websocket", "Connection: close\r\nUpgrade: websocket\r\n")]
    public async Task Upgrade_ToSomethingElse_IsRefused(string? asked, string given)
    {
        await using var server = ScriptedServer.Answering(Switching + given + "\r\n");
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(Asking(server, asked), Cancellation));
        Assert.Equal("its answer is not valid HTTP: it changes to a protocol that was not asked for", refused.Message);
        Assert.Equal(0, server.PoolIn(_upstream).OpenCount);
    }

    [Fact(Timeout = Deadline)]
    public async Task Upgrade_ThatIsNotGranted_IsAnAnswerAsOthers()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
        for (var round = 0; round < 2; round++)
        {
            await using var response = await _upstream.SendAsync(Asking(server, "websocket"), Cancellation);
            Assert.Throws<InvalidOperationException>(() => response.Upgraded);
            Assert.Equal((426, "no"), (response.Status, await response.ReadToEndAsync(Cancellation)));
        }

        Assert.Equal(1, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("a b")]
    [InlineData("a\r\nX: y")]
    [InlineData("")]
    [InlineData("a/b/c")]
    public async Task Upgrade_ThatIsNoProtocol_IsNeverSent(string asked)
    {
        await using var server = ScriptedServer.Answering("");
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(Asking(server, asked), Cancellation));
        Assert.Equal((true, 0), (refused.RequestAtFault, server.Connections));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_OfAConnectionThatBreaks_Throws()
    {
        var read = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(Switching + "Connection: upgrade\r\nUpgrade: x\r\n\r\n");
            await read.Task;
            connection.Reset();
        });
        await using var response = await _upstream.SendAsync(Asking(server, "x"), Cancellation);
        read.SetResult();
        await Assert.ThrowsAsync<IOException>(() => response.Upgraded.ReadExactlyAsync(new byte[9], Cancellation).AsTask());
    }

    private static UpstreamRequest Asking(ScriptedServer server, string? protocol) =>
        new() { Method = HttpMethod.Get, Uri = server.Url, Upgrade = protocol, ConnectTimeout = TimeSpan.FromSeconds(30) };
}
