using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Tests.Topologies;

/// <summary>Gives each connection to the next node, and passes on what is said, how a side ends included.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri[] _nodes;
    private readonly Task _accepting;

    /// <param name="nodes">Where connections go, in turn.</param>
    public Balancer(Uri[] nodes)
    {
        _nodes = nodes;
        _listener.Start();
        Url = new UriBuilder(nodes[0]) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            for (var n = 0; ; n++)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                passing.Add(PassAsync(client, _nodes[n % _nodes.Length]));
                passing.RemoveAll(static p => p.IsCompleted);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(Socket client, Uri node)
    {
        using var here = client;
        using var there = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        here.NoDelay = true;
        try
        {
            await there.ConnectAsync(IPAddress.Parse(node.Host), node.Port, _stop.Token);
            await Task.WhenAll(CopyAsync(here, there), CopyAsync(there, here));
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A side was reset, and so is the other.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
            {
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a peer that is gone.
            (from.LingerState, to.LingerState) = (new LingerOption(true, 0), new LingerOption(true, 0));
            from.Dispose();
            to.Dispose();
            throw;
        }
    }
}
