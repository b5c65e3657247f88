using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>Answers are read as RFC 9112 says, however they are cut, and refused otherwise.</summary>
public sealed class AnswerTests : IDisposable
{
    /// <summary>For what fails by never happening. Milliseconds; each test takes a few.</summary>
    private const int Deadline = 60_000;

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(WellFormedAnswers.Numbers), MemberType = typeof(WellFormedAnswers))]
    public async Task Answer_ThatIsWellFormed_IsReadAndTheConnectionKeptOnlyIfItMayBe(int number)
    {
        var answer = WellFormedAnswers.All[number];
        await using var server = Server(answer, static (connection, wire) => connection.SayAsync(wire));
        foreach (var bufferBytes in new[] { 8 << 10, 1, 8 << 10 })
        {
            Assert.Equal((answer.Status, answer.Body), await _upstream.CallAsync(server.Get(), Cancellation, bufferBytes));
        }

        Assert.Equal(answer.IsReusable ? 1 : 3, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    public async Task Connection_ThatMayNotBeUsedAgain_IsClosedByUs(string wire)
    {
        // The server would go on.
        await using var server = ScriptedServer.Answering(wire);
        for (var round = 0; round < 3; round++) Assert.Equal((200, "ok"), await _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal(3, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(WellFormedAnswers.Numbers), MemberType = typeof(WellFormedAnswers))]
    public async Task Answer_ThatComesByteByByte_IsTheSame(int number)
    {
        var answer = WellFormedAnswers.All[number];
        await using var server = Server(answer, static (connection, wire) => connection.DripAsync(wire));
        // What a server says once its answer is over can only be told from the next answer if it has come by then.
        var rounds = answer.IsReusable ? 3 : 1;
        for (var round = 0; round < rounds; round++) Assert.Equal((answer.Status, answer.Body), await _upstream.CallAsync(server.Get(), Cancellation));
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(WellFormedAnswers.Numbers), MemberType = typeof(WellFormedAnswers))]
    public void Head_CutAtEveryByte_IsTheSame(int number)
    {
        var wire = System.Text.Encoding.Latin1.GetBytes(WellFormedAnswers.All[number].Wire);
        var whole = new Http1ResponseHead();
        Assert.True(whole.Parse(wire));
        for (var cut = 0; cut < whole.Length; cut++)
        {
            var head = new Http1ResponseHead();
            Assert.False(head.Parse(wire.AsSpan(0, cut)));
            Assert.True(head.Parse(wire));
            Assert.Equal((whole.Status, whole.Length, whole.ContentLength, whole.IsChunked, whole.KeepsAlive), (head.Status, head.Length, head.ContentLength, head.IsChunked, head.KeepsAlive));
            Assert.Equal(whole.ToList(wire), head.ToList(wire));
        }
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(MalformedAnswers.All), MemberType = typeof(MalformedAnswers))]
    public async Task Answer_ThatIsMalformed_IsRefusedAndTheConnectionClosed(string wire)
    {
        var closed = new TaskCompletionSource();
        // The server stays: the refusal must come of what was said, not of an end.
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(wire);
            await connection.UntilClosedAsync();
            closed.SetResult();
        });
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Get(), Cancellation));
        Assert.StartsWith("its answer is not valid HTTP: ", refused.Message, StringComparison.Ordinal);
        await closed.Task.WaitAsync(Cancellation);
        Assert.Equal((1, 0), (server.Connections, server.PoolIn(_upstream).IdleCount));
    }

    [Fact]
    public void Malformed_AnswersOfTheTable_AreManyAndDifferent() => Assert.True(MalformedAnswers.All.Select(row => row.Data).Distinct().Count() >= 120);

    [Theory(Timeout = Deadline)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("H")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n")]
    public async Task Answer_ThatIsCutShort_NeverLooksWhole(string wire)
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(wire);
        });
        var broken = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Equal("it broke off in the middle of its answer", broken.Message);
        Assert.Equal(0, server.PoolIn(_upstream).IdleCount);
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_WithoutLength_ThatIsReset_NeverLooksWhole()
    {
        var read = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\n\r\nok");
            await read.Task;
            connection.Reset();
        });
        await using var response = await _upstream.SendAsync(server.Get(), Cancellation);
        Assert.Equal(2, await response.ReadAsync(new byte[9], Cancellation));
        read.SetResult();
        await Assert.ThrowsAsync<UpstreamException>(() => response.ReadToEndAsync(Cancellation));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("A: ", "b")]
    [InlineData("", "A: b\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1;", "a")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nA: ", "b")]
    [InlineData("\r\n", "")]
    public async Task Answer_ThatNeverEnds_IsRefusedInTime(string start, string endless)
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(endless.Length > 0 ? "HTTP/1.1 200 OK\r\n" + start : "");
            // A body may be as long as it likes; heads and what is between chunks may not, nor may interim answers come for ever.
            var piece = string.Concat(Enumerable.Repeat(endless.Length > 0 ? endless : "HTTP/1.1 100 Continue\r\n\r\n", 100));
            while (true) await connection.SayAsync(piece);
        });
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(server.Get(), Cancellation));
        Assert.Contains("too ", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Deadline)]
    public async Task Head_OfAnswerToHead_HasNoBodyWhateverItSays()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
        for (var round = 0; round < 3; round++) Assert.Equal((200, ""), await _upstream.CallAsync(server.NewRequest(HttpMethod.Head, "", default), Cancellation));
        Assert.Equal(1, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Headers_OfAnyAnswer_CanBeAskedForUntilItIsLetGo()
    {
        var long7000 = new string('x', 7000);
        await using var server = ScriptedServer.Answering(
            $"HTTP/1.1 200 OK\r\nX-Long: {long7000}\r\nContent-Type:  text/plain \r\nX-Twice: 1\r\nx-twice: 2\r\nX-Long2: {long7000}\r\nTransfer-Encoding: chunked\r\n\r\n"
            + string.Concat(Enumerable.Repeat("1000\r\n" + new string('y', 4096) + "\r\n", 20)) + "0\r\nX-End: 1\r\n\r\n");
        await using var response = (Http1Response)await _upstream.SendAsync(server.Get(), Cancellation);
        Assert.Empty(response.Trailers);
        Assert.Equal(new string('y', 20 * 4096), await response.ReadToEndAsync(Cancellation, 1000));
        Assert.Equal(("text/plain", "1", null), (response.Header("content-type"), response.Header("X-TWICE"), response.Header("X-End")));
        Assert.Equal((long7000, long7000), (response.Header("X-Long"), response.Header("X-Long2")));
        Assert.Equal([new("X-End", "1")], response.Trailers);
    }

    [Fact(Timeout = Deadline)]
    public async Task Interims_BeforeAnAnswer_AreTold()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var told = new List<string>();
        var request = new UpstreamRequest
        {
            Method = HttpMethod.Get,
            Uri = server.Url,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            Interim = (status, headers) =>
            {
                told.Add($"{status} {string.Join(';', headers.Select(h => h.Key + "=" + h.Value))}");
                return ValueTask.CompletedTask;
            },
        };
        Assert.Equal((200, "ok"), await _upstream.CallAsync(request, Cancellation));
        Assert.Equal(["103 Link=</a>;Link=</b>", "102 "], told);
    }

    private static ScriptedServer Server(WellFormedAnswer answer, Func<ScriptedConnection, string, Task> say) => new(async (connection, _) =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await say(connection, answer.Wire);
            if (!answer.IsReusable) return;
        }
    });
}
