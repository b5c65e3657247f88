using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Listeners;

/// <summary>Bounds on connections and slow clients, in a whole gateway.</summary>
public sealed class LimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Connection_BeyondTheMostAllowed_IsClosedAndThereIsRoomAgainAfterwards()
    {
        Topology.SkipOnCluster("counts the connections of one node.");
        await using var gateway = await ListenerBed.StartAsync(more: "limits: {connections_max: 2}\n");
        using var first = await RawConnection.OpenAsync(gateway.Url);
        Assert.Equal(200, (await first.AskAsync(ListenerBed.GoodRequest)).Status);
        using (var second = await RawConnection.OpenAsync(gateway.Url))
        {
            Assert.Equal(200, (await second.AskAsync(ListenerBed.GoodRequest)).Status);
            using var third = await RawConnection.OpenAsync(gateway.Url);
            await third.SayAsync(ListenerBed.GoodRequest);
            Assert.True(await third.IsClosedAsync());
            await second.SayAsync(ListenerBed.GoodRequest.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
            Assert.Equal(200, (await second.ReadAnswerAsync())!.Status);
            Assert.True(await second.IsClosedAsync());
        }

        // The place is given back a moment after the client sees the end.
        while (true)
        {
            using var later = await RawConnection.OpenAsync(gateway.Url);
            await later.SayAsync(ListenerBed.GoodRequest);
            if (await later.ReadAnswerAsync() is { Status: 200 }) break;
            await Task.Yield();
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM")]
    public async Task Connection_ThatSaysTooLittleForTooLong_IsClosed(string said)
    {
        var time = new ManualTime();
        await using var gateway = await GatewayUnderTest.StartWholeAsync(ListenerBed.Yaml(""), time);
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SayAsync(said);
        var closed = connection.IsClosedAsync();
        // Moves on until the wait of the connection has begun and ended.
        while (!closed.IsCompleted)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.True(await closed);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("P")]
    public async Task Drain_WithAConnectionThatHasSaidNothing_DoesNotWaitForIt(string said)
    {
        await using var gateway = await ListenerBed.StartAsync(more: "drain_timeout: 1h\n");
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        using var other = await RawConnection.OpenAsync(gateway.Url);
        await connection.SayAsync(said);
        Assert.Equal(200, (await other.AskAsync(ListenerBed.GoodRequest)).Status);
        await gateway.Host.StopAsync().WaitAsync(Cancellation);
        Assert.True(await connection.IsClosedAsync());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("request_line_max: 2KiB", 414)]
    [InlineData("header_max: 2KiB", 431)]
    [InlineData("header_fields_max: 20", 431)]
    public async Task Reload_OfALimit_CountsForNewConnectionsOnTheSamePort(string limit, int status)
    {
        const string Models = "providers: {fake: {kind: fake}}\nmodels: {m: {targets: [{provider: fake}]}}\n";
        await using var gateway = await GatewayUnderTest.StartAsync(Models);
        var url = gateway.Url;
        var fields = string.Concat(Enumerable.Range(0, 30).Select(i => $"x-{i}: {new string('a', 100)}\r\n"));
        var request = ListenerBed.GoodRequest.Replace("/v1/models", "/v1/models?" + new string('a', 3_000), StringComparison.Ordinal)
            .Replace("\r\n\r\n", $"\r\n{fields}\r\n", StringComparison.Ordinal);
        using var before = await RawConnection.OpenAsync(url);
        Assert.Equal(200, (await before.AskAsync(request)).Status);
        gateway.Write($"limits: {{{limit}}}\n{Models}");
        Assert.True((await gateway.Host.Configuration.ReloadAsync(Cancellation)).Changed);
        Assert.Equal(url, gateway.Url);
        using var after = await RawConnection.OpenAsync(url);
        Assert.Equal(status, (await after.AskAsync(request)).Status);
    }
}
