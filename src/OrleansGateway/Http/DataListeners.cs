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
    private readonly Dictionary<IPEndPoint, KestrelServer> _servers = [];
    private readonly List<Task> _retiring = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private CancellationTokenSource? _hurry = new();

    /// <summary>Addresses bound now, with the port that a port 0 became.</summary>
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
            var wanted = snapshot.Settings.Listeners.Data;
            var added = new Dictionary<IPEndPoint, KestrelServer>();
            foreach (var endpoint in wanted.Where(e => !_servers.ContainsKey(e)))
            {
                if (await BindAsync(endpoint, added, cancellation) is not { } reason) continue;
                foreach (var server in added.Values) server.Dispose();
                return reason;
            }

            foreach (var (endpoint, server) in added) _servers.Add(endpoint, server);
            foreach (var endpoint in _servers.Keys.Except(wanted).ToList())
            {
                _servers.Remove(endpoint, out var server);
                _retiring.RemoveAll(t => t.IsCompleted);
                _retiring.Add(RetireAsync(server!));
            }

            Addresses = [.. _servers.Values.SelectMany(s => s.Features.Get<IServerAddressesFeature>()!.Addresses).Select(a => new Uri(a))];
            return null;
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
        _retiring.AddRange(_servers.Values.Select(RetireAsync));
        _servers.Clear();
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

    private async Task<string?> BindAsync(IPEndPoint endpoint, Dictionary<IPEndPoint, KestrelServer> added, CancellationToken cancellation)
    {
        var server = NewServer(endpoint);
        try
        {
            await server.StartAsync(new Application(pipeline), cancellation);
            added.Add(endpoint, server);
            return null;
        }
        catch (IOException taken)
        {
            server.Dispose();
            return $"The address {endpoint} cannot be bound: {taken.Message}";
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

    private async Task RetireAsync(KestrelServer server)
    {
        await server.StopAsync(_hurry!.Token);
        server.Dispose();
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
