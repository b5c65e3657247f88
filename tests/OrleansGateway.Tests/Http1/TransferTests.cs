using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>Large bodies pass through, cancelling closes the connection, and a body is read no more once it is said so.</summary>
public sealed class TransferTests : IDisposable
{
    private const int Deadline = 120_000;
    private const int LargeBytes = 64 << 20;

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory(Timeout = Deadline)]
    [InlineData("Content-Length: 67108864\r\n\r\n", "", "", 1 << 20)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "10000\r\n", "\r\n", 64 << 10)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "3e9\r\n", "\r\n", 1001)]
    [InlineData("Connection: close\r\n\r\n", "", "", 1 << 20)]
    public async Task Answer_OfManyMegabytes_WaitsForItsReader(string head, string before, string after, int pieceBytes)
    {
        var piece = new byte[pieceBytes];
        new Random(1).NextBytes(piece);
        var wire = System.Text.Encoding.Latin1.GetBytes(before).Concat(piece).Concat(System.Text.Encoding.Latin1.GetBytes(after)).ToArray();
        var pieces = LargeBytes / pieceBytes;
        var sent = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\n" + head);
            for (var n = 0; n < pieces; n++) await connection.SayAsync(wire);
            if (before.Length > 0) await connection.SayAsync("0\r\n\r\n");
            sent.SetResult();
        });
        await using var response = await _upstream.SendAsync(server.Get(), Cancellation);
        var (buffer, total) = (new byte[16 << 10], 0L);
        while (await response.ReadAsync(buffer, Cancellation) is > 0 and var bytes)
        {
            for (var at = 0; at < bytes; at += 997) Assert.Equal(piece[(int)((total + at) % pieceBytes)], buffer[at]);
            total += bytes;
            // What the two sockets hold is a fraction of this: a server that has sent all by now would mean that we keep it.
            if (total < LargeBytes / 4) Assert.False(sent.Task.IsCompleted);
        }

        Assert.Equal((long)pieces * pieceBytes, total);
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_OfManyMegabytes_ArrivesWhole()
    {
        var body = new byte[LargeBytes];
        new Random(2).NextBytes(body);
        var received = "";
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            received = await connection.ReadRequestAsync() ?? "";
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        var request = server.Post(body);
        Assert.Equal((200, "ok"), await _upstream.CallAsync(request, Cancellation));
        await request.BodySent;
        Assert.True(System.Text.Encoding.Latin1.GetBytes(received[^LargeBytes..]).AsSpan().SequenceEqual(body));
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_BeforeTheBodyWasTaken_IsGivenAndTheConnectionNotKept()
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.SayAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
            await connection.StayAsync();
        });
        var request = server.Post(new byte[LargeBytes]);
        var response = await _upstream.SendAsync(request, Cancellation);
        Assert.Equal((413, "no", false), (response.Status, await response.ReadToEndAsync(Cancellation), request.BodySent.IsCompleted));
        await response.DisposeAsync();
        Assert.True(request.BodySent.IsCompleted);
        Assert.Equal(0, server.PoolIn(_upstream).IdleCount);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("", 2)]
    [InlineData("", LargeBytes)]
    [InlineData("HTTP/1.1 200", 2)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", 2)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 2)]
    public async Task Cancelling_AtAnyPoint_ClosesTheConnection(string said, int bodyBytes)
    {
        var (heard, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            if (bodyBytes == 2) await connection.ReadRequestAsync();
            if (said.Length > 0) await connection.SayAsync(said);
            heard.SetResult();
            if (bodyBytes > 2) await closed.Task;
            await connection.UntilClosedAsync();
            closed.TrySetResult();
        });
        using var leaving = new CancellationTokenSource();
        var request = server.Post(new byte[bodyBytes]);
        var call = _upstream.CallAsync(request, leaving.Token);
        await heard.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        // Nothing of the body is read after this.
        Assert.True(request.BodySent.IsCompleted);
        if (bodyBytes == 2) await closed.Task.WaitAsync(Cancellation);
        else closed.TrySetResult();
        Assert.Equal(0, server.PoolIn(_upstream).IdleCount);
    }

    [Fact(Timeout = Deadline)]
    public async Task LettingGo_BeforeTheEnd_ClosesTheConnection()
    {
        var closed = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
            await connection.UntilClosedAsync();
            closed.SetResult();
        });
        await using (var response = await _upstream.SendAsync(server.Get(), Cancellation)) Assert.Equal(2, await response.ReadAsync(new byte[9], Cancellation));
        await closed.Task.WaitAsync(Cancellation);
    }

    [Fact(Timeout = Deadline)]
    public async Task Cancelled_BeforeItBegins_SendsNothing()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _upstream.CallAsync(server.Get(), new CancellationToken(canceled: true)));
        Assert.Equal(0, server.Connections);
    }
}
