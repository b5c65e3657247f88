using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>A request is sent a second time only if the first peer cannot have acted on it, or acting twice does no harm.</summary>
public sealed class RetryTests : IDisposable
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory(Timeout = Deadline)]
    [InlineData("POST", false)]
    [InlineData("PATCH", false)]
    [InlineData("PURGE", false)]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("PUT", true)]
    [InlineData("DELETE", true)]
    [InlineData("OPTIONS", true)]
    public async Task Request_ThatWasReadAndNotAnswered_IsSentAgainOnlyIfIdempotent(string method, bool again)
    {
        // The first connection takes one request, and leaves at the second; those after it answer.
        var requests = 0;
        await using var server = new ScriptedServer(async (connection, number) =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                if (Interlocked.Increment(ref requests) == 2) return;
                await connection.SayAsync(method == "HEAD" ? "HTTP/1.1 200 OK\r\n\r\n" : Ok);
            }
        });
        await _upstream.CallAsync(server.NewRequest(new HttpMethod(method), "", default), Cancellation);
        var second = _upstream.CallAsync(server.NewRequest(new HttpMethod(method), "", default), Cancellation);
        if (again) Assert.Equal(200, (await second).Status);
        else Assert.Equal("it closed the connection before it answered", (await Assert.ThrowsAsync<UpstreamException>(() => second)).Message);
        Assert.Equal(again ? (3, 2) : (2, 1), (requests, server.Connections));
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatWasReadAndReset_IsNotSentAgainIfNotIdempotent()
    {
        var requests = 0;
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(Ok);
            await connection.ReadRequestAsync();
            Interlocked.Increment(ref requests);
            connection.Reset();
        });
        await _upstream.CallAsync(server.Post("{}"u8.ToArray()), Cancellation);
        await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Post("{}"u8.ToArray()), Cancellation));
        Assert.Equal((1, 1), (requests, server.Connections));
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatNeverReachedThePeer_IsSentAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells what the peer has confirmed.");
        // The first request's body fills the peer's small window and stays unread; the second waits behind it when the peer says goodbye.
        var answered = new TaskCompletionSource();
        await using var server = new ScriptedServer(
            async (connection, number) =>
            {
                if (number > 0)
                {
                    while (await connection.ReadRequestAsync() is not null) await connection.SayAsync(Ok);
                    return;
                }

                await connection.SayAsync(Ok);
                await answered.Task;
                connection.SayGoodbye();
                // Not closed: a reset would take the place of the goodbye.
                await connection.StayAsync();
            },
            receiveBytes: 4096);
        Assert.Equal((200, "ok"), await _upstream.CallAsync(server.Post(new byte[64 << 10]), Cancellation));
        var second = _upstream.CallAsync(server.Post("{}"u8.ToArray()), Cancellation);
        answered.SetResult();
        Assert.Equal((200, "ok"), await second);
        Assert.Equal(2, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("")]
    [InlineData("HTTP/1.1 200")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task Request_OnANewConnection_OrPartlyAnswered_IsNotSentAgain(string said)
    {
        await using var server = new ScriptedServer(async (connection, number) =>
        {
            await connection.ReadRequestAsync();
            if (said.Length > 0)
            {
                await connection.SayAsync(Ok);
                await connection.ReadRequestAsync();
                await connection.SayAsync(said);
            }
        });
        if (said.Length > 0) await _upstream.CallAsync(server.Get(), Cancellation);
        await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal(1, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatIsNeverAnswered_IsSentTwiceAtMost()
    {
        var requests = 0;
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            if (Interlocked.Increment(ref requests) > 1) return;
            await connection.SayAsync(Ok);
            await connection.ReadRequestAsync();
            Interlocked.Increment(ref requests);
        });
        await _upstream.CallAsync(server.Get(), Cancellation);
        await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal((3, 2), (requests, server.Connections));
    }

    /// <summary>Whether the close is seen before the request goes out or after it: one that is safe to send again is, and its peer is asked once.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Connections_ClosedByThePeerWhileIdle_CostNoRequestThatIsSafeToSendAgain()
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(Ok);
        });
        for (var round = 0; round < 50; round++) Assert.Equal((200, "ok"), await _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal(50, server.Connections);
    }
}
