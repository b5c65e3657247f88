using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Http.Listening;

namespace OrleansGateway.Tests.Listeners;

/// <summary>Which connections count as open.</summary>
public sealed class ListenerConnectionsTests
{
    [Fact]
    public async Task ServeAsync_WhoseSocketClosesWhileKestrelNeverEnds_CountsItOnce()
    {
        var count = new ConnectionCount();
        var never = new TaskCompletionSource();
        var connections = Connections(count, _ => never.Task);
        using var closed = new CancellationTokenSource();

        var serving = connections.ServeAsync(new DefaultConnectionContext { ConnectionClosed = closed.Token });
        Assert.Equal(1, count.Open);
        await closed.CancelAsync();
        Assert.Equal(0, count.Open);

        never.SetResult();
        await serving;
        Assert.Equal(0, count.Open);
    }

    [Fact]
    public async Task ServeAsync_ThatEndsOrFails_LeavesItsPlace()
    {
        var count = new ConnectionCount();
        await Connections(count, _ => Task.CompletedTask).ServeAsync(new DefaultConnectionContext());
        await Assert.ThrowsAsync<IOException>(() => Connections(count, _ => throw new IOException()).ServeAsync(new DefaultConnectionContext()));
        Assert.Equal(0, count.Open);
    }

    private static ListenerConnections Connections(ConnectionCount count, ConnectionDelegate next) => new(count, TimeProvider.System, NullLogger.Instance)
    {
        State = new ListenerState(new DataListener(new DataListenerSettings { Protocols = [HttpProtocol.Http1] }), new LimitSettings()),
        Http1 = next,
    };
}
