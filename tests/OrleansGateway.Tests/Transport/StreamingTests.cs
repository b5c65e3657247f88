using System.IO.Pipelines;
using System.Text;
using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Transport;

/// <summary>Bodies that pass through our own client: exact on the wire, as fast as both ends, and never half a request that looks like one.</summary>
public sealed class StreamingTests : IDisposable
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory(Timeout = Deadline)]
    [InlineData(6L, "abc|def", "Content-Length: 6\r\n\r\nabcdef")]
    [InlineData(0L, "", "Content-Length: 0\r\n\r\n")]
    [InlineData(null, "abcdef", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n")]
    [InlineData(null, "", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task Body_ThatIsThere_GoesOutWithTheHead(long? length, string body, string wire)
    {
        var received = new TaskCompletionSource<string>();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            received.SetResult(await connection.ReadUntilAsync(wire));
            await connection.SayAsync(Ok);
        });
        var pipe = new Pipe();
        foreach (var piece in body.Split('|')) await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(piece), Cancellation);
        await pipe.Writer.CompleteAsync();
        var request = Passing.Post(server.Url, new RequestStream(pipe.Reader) { Length = length });
        Assert.Equal((200, "ok"), await _upstream.CallAsync(request, Cancellation));
        Assert.Equal($"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\n{wire}", await received.Task);
        Assert.True(request.BodySent.IsCompletedSuccessfully);
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_WithoutLength_IsChunkedPieceByPieceWithItsTrailers()
    {
        var received = new StringBuilder();
        var pipe = new Pipe();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            received.Append(await connection.ReadUntilAsync("\r\n\r\n"));
            await pipe.Writer.WriteAsync("one"u8.ToArray());
            received.Append(await connection.ReadUntilAsync("one\r\n"));
            await pipe.Writer.WriteAsync(new byte[20]);
            received.Append(await connection.ReadUntilAsync("\0\0\r\n").ContinueWith(static text => text.Result.Replace("\0", "0", StringComparison.Ordinal), TaskScheduler.Default));
            await pipe.Writer.CompleteAsync();
            received.Append(await connection.ReadUntilAsync("\r\n\r\n"));
            await connection.SayAsync(Ok);
            await connection.ReadRequestAsync();
            await connection.SayAsync(Ok);
        });
        var stream = new RequestStream(pipe.Reader) { Trailers = static () => [new("X-Sum", "\u00e4")] };
        Assert.Equal((200, "ok"), await _upstream.CallAsync(Passing.Post(server.Url, stream), Cancellation));
        Assert.EndsWith("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n14\r\n00000000000000000000\r\n0\r\nX-Sum: \u00e4\r\n\r\n", received.ToString(), StringComparison.Ordinal);
        Assert.Equal((200, "ok"), await _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal(1, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(5L, "abcdef", "the request's body is longer than it says")]
    [InlineData(7L, "abcdef", "the request's body is shorter than it says")]
    [InlineData(5L, "abc|def", "the request's body is longer than it says")]
    [InlineData(null, "abc|!", "the request's body broke off")]
    [InlineData(null, "!", "the request's body broke off")]
    [InlineData(9L, "abc|!", "the request's body broke off")]
    [InlineData(null, "abc|T", "the request cannot be sent: a trailer is the connection's own")]
    public async Task Body_ThatIsNotAsItSays_BreaksTheConnection(long? length, string body, string fault)
    {
        var received = new TaskCompletionSource<string>();
        await using var server = new ScriptedServer(async (connection, _) => received.SetResult(await connection.ReadUntilAsync("never")));
        var pipe = new Pipe();
        var stream = new RequestStream(pipe.Reader) { Length = length, Trailers = () => body.EndsWith('T') ? [new("content-length", "1")] : [] };
        var pieces = body.TrimEnd('!', 'T', '|').Split('|', StringSplitOptions.RemoveEmptyEntries);
        if (pieces.Length > 0) await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(pieces[0]), Cancellation);
        var call = _upstream.CallAsync(Passing.Post(server.Url, stream), Cancellation);
        foreach (var piece in pieces.Skip(1)) await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(piece), Cancellation);
        await pipe.Writer.CompleteAsync(body.EndsWith('!') ? new IOException("gone") : null);
        var broken = await Assert.ThrowsAsync<UpstreamException>(() => call);
        Assert.Equal((fault, true, false), (broken.Message, broken.RequestAtFault, broken.NothingSent));
        if (server.Connections > 0) Assert.DoesNotContain("0\r\n\r\n", await received.Task, StringComparison.Ordinal);
        Assert.Equal(0, server.PoolIn(_upstream).OpenCount);
    }

    /// <summary>200 MiB through a peer that takes its time: between what the client gave and what the peer took are only the sockets' buffers and the pipe.</summary>
    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_OfManyMegabytes_HoldsOnlyWhatTheSocketsHold(bool isChunked)
    {
        const long Total = 200L << 20;
        const long HeldBytesMax = 8 << 20;
        var (given, taken, heldMax) = (0L, 0L, 0L);
        await using var server = new ScriptedServer(
            async (connection, _) =>
            {
                await connection.ReadUntilAsync("\r\n\r\n");
                while (taken < Total && await connection.TakeAsync() is > 0 and var bytes)
                {
                    taken += bytes;
                    heldMax = Math.Max(heldMax, Volatile.Read(ref given) - taken);
                }

                if (isChunked) await connection.TakeAsync();
                await connection.SayAsync(Ok);
            },
            receiveBytes: 64 << 10);
        var pipe = new Pipe();
        var writing = WriteAsync();
        var answer = await _upstream.CallAsync(Passing.Post(server.Url, new RequestStream(pipe.Reader) { Length = isChunked ? null : Total }), Cancellation);
        await writing;
        Assert.Equal(200, answer.Status);
        Assert.InRange(heldMax, 1, HeldBytesMax);
        Assert.True(taken >= Total);

        async Task WriteAsync()
        {
            var piece = new byte[64 << 10];
            for (; given < Total; Volatile.Write(ref given, given + piece.Length)) await pipe.Writer.WriteAsync(piece, Cancellation);
            await pipe.Writer.CompleteAsync();
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_ThatRefusesTheBodyAndCloses_EndsTheReading()
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadUntilAsync("abc\r\n");
            await connection.SayAsync("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
            await connection.UntilClosedAsync();
        });
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("abc"u8.ToArray(), Cancellation);
        var request = Passing.Post(server.Url, new RequestStream(pipe.Reader));
        await using var response = await _upstream.SendAsync(request, Cancellation);
        // Ends though the client goes on.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.BodySent);
        Assert.Equal((413, "no"), (response.Status, await response.ReadToEndAsync(Cancellation)));
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_BeforeTheBodysEnd_IsReadBesideIt()
    {
        var pipe = new Pipe();
        await using var server = new ScriptedServer(async (connection, number) =>
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            await connection.ReadUntilAsync("ping\r\n");
            await connection.SayAsync("4\r\npong\r\n");
            await connection.ReadUntilAsync("0\r\n\r\n");
            await connection.SayAsync("0\r\n\r\n");
            await connection.ReadRequestAsync();
            await connection.SayAsync(Ok);
        });
        var request = Passing.Post(server.Url, new RequestStream(pipe.Reader));
        await using (var response = await _upstream.SendAsync(request, Cancellation))
        {
            await pipe.Writer.WriteAsync("ping"u8.ToArray(), Cancellation);
            Assert.Equal(4, await response.ReadAsync(new byte[9], Cancellation));
            await pipe.Writer.CompleteAsync();
            await request.BodySent;
            Assert.Equal(0, await response.ReadAsync(new byte[9], Cancellation));
        }

        await _upstream.CallAsync(server.Get(), Cancellation);
        Assert.Equal(1, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_WithTheBodyUnfinished_KeepsNoConnection()
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(Ok);
            await connection.UntilClosedAsync();
        });
        var pipe = new Pipe();
        var request = Passing.Post(server.Url, new RequestStream(pipe.Reader) { Length = 10 });
        Assert.Equal((200, "ok"), await _upstream.CallAsync(request, Cancellation));
        Assert.True(request.BodySent.IsCompleted);
        Assert.Equal((0, 0), (server.PoolIn(_upstream).IdleCount, server.PoolIn(_upstream).OpenCount));
        // The body is the caller's again.
        await pipe.Writer.WriteAsync("rest"u8.ToArray(), Cancellation);
        Assert.True(pipe.Reader.TryRead(out var read));
        Assert.Equal(4, read.Buffer.Length);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("PUT", 60 << 10, true)]
    [InlineData("PUT", 10, true)]
    [InlineData("PUT", 80 << 10, false)]
    [InlineData("POST", 10, false)]
    public async Task Connection_ThatDiesUnanswered_IsTriedAgainOnlyIfTheBodyIsStillThere(string method, int bytes, bool isAgain)
    {
        var received = "";
        await using var server = new ScriptedServer(async (connection, number) =>
        {
            if (number == 0)
            {
                await connection.ReadRequestAsync();
                await connection.SayAsync(Ok);
                await connection.ReadUntilAsync("\r\n\r\n" + new string('x', bytes));
                return;
            }

            await connection.ReadUntilAsync("\r\n\r\n");
            received = await connection.ReadUntilAsync("x!");
            await connection.SayAsync(Ok);
        });
        await _upstream.CallAsync(server.Get(), Cancellation);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(new string('x', bytes)), Cancellation);
        var stream = new RequestStream(pipe.Reader) { Length = bytes + 1 };
        var call = _upstream.CallAsync(Passing.Request(new HttpMethod(method), server.Url, stream), Cancellation);
        if (isAgain)
        {
            // The end comes only once the first attempt is over.
            while (server.Connections < 2) await Task.Yield();
            await pipe.Writer.WriteAsync("!"u8.ToArray(), Cancellation);
            Assert.Equal((200, "ok"), await call);
            Assert.Equal(new string('x', bytes) + "!", received);
        }
        else
        {
            Assert.False((await Assert.ThrowsAsync<UpstreamException>(() => call)).NothingSent);
            Assert.Equal((1, bytes <= RequestStream.KeptBytesMax), (server.Connections, stream.IsWhole));
        }
    }
}
