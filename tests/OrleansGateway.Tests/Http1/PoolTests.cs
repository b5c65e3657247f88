using System.Net;
using System.Net.Sockets;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>Connections are kept as long as they are fit, and no longer; names are asked for again.</summary>
public sealed class PoolTests
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Requests_OneAfterTheOther_ShareAConnection()
    {
        using var upstream = new Http1Upstream(TimeProvider.System);
        await using var server = ScriptedServer.Answering(Ok);
        for (var round = 0; round < 200; round++) Assert.Equal((200, "ok"), await upstream.CallAsync(server.Post(new byte[round * 100]), Cancellation));
        Assert.Equal((1, 1), (server.Connections, server.PoolIn(upstream).IdleCount));
    }

    [Fact(Timeout = Deadline)]
    public async Task Requests_AllAtOnce_HaveAConnectionEachAndKeepThem()
    {
        using var upstream = new Http1Upstream(TimeProvider.System);
        using var all = new Barrier100();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await all.ArriveAsync();
                var path = request.Split(' ')[1];
                await connection.SayAsync($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{path.Length:x}\r\n{path}\r\n0\r\n\r\n");
            }
        });
        for (var round = 0; round < 3; round++)
        {
            var calls = Enumerable.Range(0, Barrier100.Count).Select(n => upstream.CallAsync(server.Get($"{round}-{n}"), Cancellation)).ToArray();
            var answers = await Task.WhenAll(calls);
            Assert.All(answers, (answer, n) => Assert.Equal((200, $"/{round}-{n}"), answer));
            Assert.Equal((100, 100), (server.Connections, server.PoolIn(upstream).IdleCount));
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Pool_WithMoreIdleThanAllowed_ClosesTheRest()
    {
        using var upstream = new Http1Upstream(TimeProvider.System, new Http1PoolLimits { IdleMax = 2 }, Dns.GetHostAddressesAsync);
        await using var server = ScriptedServer.Answering(Ok);
        var responses = new List<UpstreamResponse>();
        for (var n = 0; n < 5; n++) responses.Add(await upstream.SendAsync(server.Get(), Cancellation));
        foreach (var response in responses)
        {
            await response.ReadToEndAsync(Cancellation);
            await response.DisposeAsync();
        }

        Assert.Equal((5, 2), (server.Connections, server.PoolIn(upstream).IdleCount));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(50, 1)]
    [InlineData(70, 2)]
    public async Task Connection_IdleForTooLong_IsClosed(int seconds, int connections)
    {
        var time = new ManualTime();
        using var upstream = new Http1Upstream(time);
        await using var server = ScriptedServer.Answering(Ok);
        await upstream.CallAsync(server.Get(), Cancellation);
        time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(2 - connections, server.PoolIn(upstream).IdleCount);
        await upstream.CallAsync(server.Get(), Cancellation);
        Assert.Equal(connections, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Connection_InUseForTooLong_IsReplaced()
    {
        var time = new ManualTime();
        using var upstream = new Http1Upstream(time);
        await using var server = ScriptedServer.Answering(Ok);
        for (var minute = 0; minute <= 10 * 60; minute += 50)
        {
            await upstream.CallAsync(server.Get(), Cancellation);
            time.Advance(TimeSpan.FromSeconds(50));
        }

        Assert.Equal(2, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Upstream_ThatIsDisposed_KeepsNoConnection()
    {
        var closed = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync(Ok);
            await connection.UntilClosedAsync();
            closed.SetResult();
        });
        var upstream = new Http1Upstream(TimeProvider.System);
        var response = await upstream.SendAsync(server.Get(), Cancellation);
        upstream.Dispose();
        await response.ReadToEndAsync(Cancellation);
        await response.DisposeAsync();
        await closed.Task.WaitAsync(Cancellation);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_OverByItsOwnWord_KeepsItsConnectionIfItsEndComes(bool comes)
    {
        var ended = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (connection, number) =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
                if (comes) await connection.SayAsync("0\r\n\r\n");
                ended.TrySetResult();
            }
        });
        using var upstream = new Http1Upstream(TimeProvider.System);
        for (var round = 0; round < 2; round++)
        {
            await using var response = await upstream.SendAsync(server.Get(), Cancellation);
            var buffer = new byte[100];
            Assert.Equal(2, await response.ReadAsync(buffer, Cancellation));
            await ended.Task.WaitAsync(Cancellation);
            if (comes) Assert.Equal(0, await response.ReadAsync(buffer, Cancellation));
            response.ExpectNoMore();
        }

        Assert.Equal(comes ? 1 : 2, server.Connections);
    }

    [Fact(Timeout = Deadline)]
    public async Task Name_WithSeveralAddresses_IsTriedInOrder()
    {
        await using var server = ScriptedServer.Answering(Ok);
        // The server has one loopback address, not the others.
        var upstream = With(TimeProvider.System, _ => Task.FromResult(new[] { IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.Loopback }));
        using (upstream) Assert.Equal((200, "ok"), await upstream.CallAsync(Named(server.Port), Cancellation));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("127.0.0.2", "the connection was refused or broke")]
    [InlineData("", "its name does not resolve")]
    [InlineData(null, "its name does not resolve")]
    public async Task Name_ThatLeadsNowhere_SaysSo(string? address, string message)
    {
        await using var server = ScriptedServer.Answering(Ok);
        using var upstream = With(TimeProvider.System, _ => address switch
        {
            null => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)),
            "" => Task.FromResult(Array.Empty<IPAddress>()),
            _ => Task.FromResult(new[] { IPAddress.Parse(address) }),
        });
        Assert.Equal(message, (await Assert.ThrowsAsync<UpstreamException>(() => upstream.CallAsync(Named(server.Port), Cancellation))).Message);
    }

    [Fact(Timeout = Deadline)]
    public async Task Name_ThatMoves_IsFollowedAndNotAskedForEachTime()
    {
        var (time, asked) = (new ManualTime(), 0);
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        });
        using var upstream = With(time, _ => Task.FromResult(new[] { asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2") }));
        for (var n = 0; n < 3; n++) await upstream.CallAsync(Named(server.Port), Cancellation);
        Assert.Equal(1, asked);
        time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<UpstreamException>(() => upstream.CallAsync(Named(server.Port), Cancellation));
        Assert.Equal(2, asked);
    }

    [Fact(Timeout = Deadline)]
    public async Task Connecting_ForTooLong_Ends()
    {
        var time = new ManualTime();
        using var upstream = With(time, static _ => new TaskCompletionSource<IPAddress[]>().Task);
        var call = upstream.CallAsync(Named(1), Cancellation);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("no connection within 5 s", (await Assert.ThrowsAsync<UpstreamException>(() => call)).Message);
    }

    private static Http1Upstream With(TimeProvider time, Func<string, Task<IPAddress[]>> resolve) => new(time, new Http1PoolLimits(), (name, _) =>
    {
        Assert.Equal("provider.example", name);
        return resolve(name);
    });

    private static UpstreamRequest Named(int port) => new()
    {
        Method = HttpMethod.Get,
        Uri = new Uri($"http://provider.example:{port}/"),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Lets nobody on before a hundred are there, again and again.</summary>
    private sealed class Barrier100 : IDisposable
    {
        public const int Count = 100;

        private readonly SemaphoreSlim _open = new(0);
        private int _arrived;

        public Task ArriveAsync()
        {
            if (Interlocked.Increment(ref _arrived) % Count == 0) _open.Release(Count);
            return _open.WaitAsync(Cancellation);
        }

        public void Dispose() => _open.Dispose();
    }
}
