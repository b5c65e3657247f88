using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>
/// The addresses that clients call, each a Kestrel server of its own without ASP.NET's hosting pipeline above it: one can be added or taken away
/// while the others serve, and a request goes from the socket to the stages with nothing between.
/// </summary>
internal sealed class DataListeners(Pipeline pipeline, IServiceProvider services, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<Task> _retiring = [];
    private List<Listener> _listeners = [];
    private CancellationTokenSource? _hurry = new();
    private bool _draining;

    /// <summary>Addresses bound now, in the order of the configuration, with the port that a port 0 became.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>
    /// Binds what the configuration adds, then lets go of what it drops, whose requests finish. If an address cannot be bound, nothing changes and the reason
    /// is returned.
    /// </summary>
    public async Task<string?> ApplyAsync(Snapshot snapshot, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            // A reload during the drain must not open again what the drain has closed.
            return _draining ? "The gateway is stopping." : await ListenAsync(snapshot.Settings.Listeners.Data, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes no new connection and waits for the requests in flight, until cancelled.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await using var hurry = cancellation.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _hurry);
        await _turn.WaitAsync(CancellationToken.None);
        _draining = true;
        Retire(_listeners);
        _listeners = [];
        _turn.Release();
        await Task.WhenAll(_retiring);
    }

    public async ValueTask DisposeAsync()
    {
        if (_hurry is null) return;
        await _hurry.CancelAsync();
        await DrainAsync(CancellationToken.None);
        _hurry.Dispose();
        _hurry = null;
        _turn.Dispose();
    }

    private async Task<string?> ListenAsync(IReadOnlyList<IPEndPoint> wanted, CancellationToken cancellation)
    {
        // Matched one by one, not by a set: port 0 may stand twice and then means two ports.
        var (next, left) = (new List<Listener>(wanted.Count), _listeners.ToList());
        foreach (var endpoint in wanted)
        {
            var listener = left.Find(l => l.EndPoint.Equals(endpoint));
            if (listener is null || !left.Remove(listener)) listener = new Listener(endpoint, NewServer(endpoint));
            next.Add(listener);
        }

        var added = next.Except(_listeners).ToList();
        if (await BindAsync(added, cancellation) is { } reason) return reason;
        _listeners = next;
        Addresses = [.. next.SelectMany(l => l.Server.Features.Get<IServerAddressesFeature>()!.Addresses).Select(a => new Uri(a))];
        Retire(left);
        return null;
    }

    /// <summary>Binds all or none.</summary>
    private async Task<string?> BindAsync(List<Listener> added, CancellationToken cancellation)
    {
        var endpoint = (IPEndPoint?)null;
        try
        {
            foreach (var listener in added)
            {
                endpoint = listener.EndPoint;
                await listener.Server.StartAsync(new Application(pipeline), cancellation);
            }

            return null;
        }
        catch (Exception failed)
        {
            foreach (var listener in added) listener.Server.Dispose();
            // A taken address is an IOException; one that is not this machine's, or a port not allowed, is the socket's own.
            if (failed is IOException or SocketException) return $"The address {endpoint} cannot be bound: {(failed.InnerException ?? failed).Message}";
            throw;
        }
    }

    private KestrelServer NewServer(IPEndPoint endpoint)
    {
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        // The stages enforce the configured limit, which may change while the server runs; this one is the largest that can be configured.
        options.Limits.MaxRequestBodySize = 1L << 30;
        // A stream may be silent for as long as the model thinks; the route's own timeouts end it.
        options.Limits.MinResponseDataRate = null;
        options.Listen(endpoint, static listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), logs);
        return new KestrelServer(Options.Create(options), transport, logs);
    }

    private void Retire(List<Listener> dropped)
    {
        _retiring.RemoveAll(static t => t.IsCompletedSuccessfully);
        _retiring.AddRange(dropped.Select(RetireAsync));
    }

    private async Task RetireAsync(Listener listener)
    {
        await listener.Server.StopAsync(_hurry!.Token);
        listener.Server.Dispose();
    }

    private sealed class Listener(IPEndPoint endPoint, KestrelServer server)
    {
        public IPEndPoint EndPoint => endPoint;
        public KestrelServer Server => server;
    }

    /// <summary>Kestrel's way in. The context is kept with its connection and used again for the next request on it.</summary>
    private sealed class Application(Pipeline pipeline) : IHttpApplication<DefaultHttpContext>
    {
        public DefaultHttpContext CreateContext(IFeatureCollection features)
        {
            if (features is not IHostContextContainer<DefaultHttpContext> container) return new DefaultHttpContext(features);
            if (container.HostContext is { } used)
            {
                used.Initialize(features);
                return used;
            }

            return container.HostContext = new DefaultHttpContext(features);
        }

        public Task ProcessRequestAsync(DefaultHttpContext context) => pipeline.ServeAsync(context).AsTask();

        public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();
    }
}
