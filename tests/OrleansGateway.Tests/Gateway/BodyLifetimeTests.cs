using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>A body is not given to another request while it may still be on its way out.</summary>
public sealed class BodyLifetimeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SendAsync_WhenCancelledHalfWayThroughTheBody_SaysWhenItIsReadNoMore(bool own)
    {
        using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        server.Start();
        var upstream = New(own);
        using var end = (IDisposable)upstream;
        using var leaving = new CancellationTokenSource();
        // Far more than both sockets' buffers hold, to a peer that reads only its beginning.
        var request = new UpstreamRequest
        {
            Method = HttpMethod.Post,
            Uri = new Uri($"http://{server.LocalEndpoint}/"),
            Body = new byte[64 << 20],
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        var sending = upstream.SendAsync(request, leaving.Token).AsTask();
        using var peer = await server.AcceptSocketAsync(TestContext.Current.CancellationToken);
        // More than goes out with the head: so the body is on its way.
        for (var received = 0; received < 1 << 20;) received += await peer.ReceiveAsync(new byte[64 << 10], TestContext.Current.CancellationToken);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await Assert.ThrowsAnyAsync<Exception>(() => request.BodySent.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.True(request.BodySent.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SendAsync_OfABodyThatWasTaken_SaysSo(bool own)
    {
        await using var provider = await MockUpstream.StartAsync(_ => Answer.Json("{}"));
        var upstream = New(own);
        using var end = (IDisposable)upstream;
        var request = new UpstreamRequest { Method = HttpMethod.Post, Uri = provider.V1, Body = "{}"u8.ToArray(), ConnectTimeout = TimeSpan.FromSeconds(10) };
        await using var answer = await upstream.SendAsync(request, TestContext.Current.CancellationToken);
        await request.BodySent;
        Assert.Equal("{}"u8, provider.Requests.Single().Body);
    }

    private static IUpstream New(bool own) => own ? new Http1Upstream(TimeProvider.System) : new HttpUpstream(TimeProvider.System);
}
