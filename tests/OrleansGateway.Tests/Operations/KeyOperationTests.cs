using System.Net;
using System.Net.Sockets;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Operations;

/// <summary>Keys change under calls that are made all the while.</summary>
public sealed class KeyOperationTests
{
    private const string Models = """
        providers: {fake: {kind: fake}}
        models: {quick: {targets: [{provider: fake}]}}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Revoke_ManyTimesOver_FailsTheVeryNextRequestOnTheOpenConnection()
    {
        const int Rounds = 100;
        await using var gateway = await GatewayUnderTest.StartAsync(Models);
        var (token, connections) = (gateway.AdminToken, 0);
        using var oneConnection = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        oneConnection.ConnectCallback = async (context, cancellation) =>
        {
            Interlocked.Increment(ref connections);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var client = new HttpClient(oneConnection);
        for (var round = 0; round < Rounds; round++)
        {
            var made = await gateway.Client.AdminAsync(gateway.AdminAddress, token, "/keys", """{"tenant":"acme"}""", Cancel);
            var key = made.GetProperty("key").GetString()!;
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Url, key, Cancel));
            await gateway.Client.AdminAsync(gateway.AdminAddress, token, $"/keys/{made.GetProperty("id").GetString()}/revoke", "", Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync(gateway.Url, key, Cancel));
        }

        Assert.Equal(1, connections);
    }

    [Fact(Timeout = 60_000)]
    public async Task Revoke_UnderConcurrentCalls_LetsNoneThroughThatCameAfterIt()
    {
        Topology.SkipOnCluster("asks for what takes up to a second on all nodes.");
        await using var gateway = await GatewayUnderTest.StartAsync(Models);
        var token = gateway.AdminToken;
        var made = await gateway.Client.AdminAsync(gateway.AdminAddress, token, "/keys", """{"tenant":"acme"}""", Cancel);
        var key = made.GetProperty("key").GetString()!;
        var (revoked, late, called) = (false, 0, new SemaphoreSlim(0));
        var callers = Enumerable.Range(0, 8).Select(async _ =>
        {
            var (after, status) = (false, HttpStatusCode.OK);
            while (!after)
            {
                after = Volatile.Read(ref revoked);
                status = await gateway.Client.StatusAsync(gateway.Url, key, Cancel);
                called.Release();
            }

            if (status != HttpStatusCode.Unauthorized) Interlocked.Increment(ref late);
        }).ToArray();

        for (var calls = 0; calls < 200; calls++) await called.WaitAsync(Cancel);
        await gateway.Client.AdminAsync(gateway.AdminAddress, token, $"/keys/{made.GetProperty("id").GetString()}/revoke", "", Cancel);
        Volatile.Write(ref revoked, true);
        await Task.WhenAll(callers);
        Assert.Equal(0, late);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rotate_WithGrace_AcceptsBothUntilItEndsAndThenOnlyTheNew()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayUnderTest.StartAsync(Models, time);
        var token = gateway.AdminToken;
        var made = await gateway.Client.AdminAsync(gateway.AdminAddress, token, "/keys", """{"tenant":"acme"}""", Cancel);
        var rotated = await gateway.Client.AdminAsync(
            gateway.AdminAddress, token, $"/keys/{made.GetProperty("id").GetString()}/rotate", """{"grace":"15m"}""", Cancel);
        var (old, fresh) = (made.GetProperty("key").GetString()!, rotated.GetProperty("key").GetString()!);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), await BothAsync());
        time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), await BothAsync());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), await BothAsync());

        async Task<(HttpStatusCode Old, HttpStatusCode Fresh)> BothAsync() =>
            (await gateway.Client.StatusAsync(gateway.Url, old, Cancel), await gateway.Client.StatusAsync(gateway.Url, fresh, Cancel));
    }
}
