using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// The transport of one address. Kestrel fixes what is spoken per endpoint, so an address is several endpoints to it: one with the socket, and
/// <see cref="InnerEndPoint"/>s that no connection ever comes in by, to which the first hands its connections over.
/// </summary>
internal sealed class ListenerTransport(IConnectionListenerFactory sockets) : IConnectionListenerFactory
{
    /// <summary>The address bound, with the port that a port 0 became; none before.</summary>
    public IPEndPoint? Bound { get; private set; }

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is InnerEndPoint) return new InnerListener(endpoint);
        var listener = await sockets.BindAsync(endpoint, cancellationToken);
        Bound = (IPEndPoint)listener.EndPoint;
        return listener;
    }

    private sealed class InnerListener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => await _closed.Task.WaitAsync(cancellationToken);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _closed.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}

/// <summary>An endpoint inside the process, without a socket.</summary>
internal sealed class InnerEndPoint(string name) : EndPoint
{
    public override AddressFamily AddressFamily => AddressFamily.Unspecified;

    public override string ToString() => name;
}
