using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Http.Listening;

/// <summary>The Kestrel server of one address. Its settings may change while it serves; the address may not.</summary>
internal sealed class AddressServer : IDisposable
{
    private readonly ListenerConnections _connections;
    private readonly KestrelServerOptions _options;
    private readonly ListenerTransport _transport;
    private readonly KestrelServer _server;

    public AddressServer(ListenerState state, ConnectionCount count, IServiceProvider services, TimeProvider time, ILoggerFactory logs)
    {
        _connections = new ListenerConnections(count, time, logs.CreateLogger<ListenerConnections>()) { State = state };
        _options = new KestrelServerOptions
        {
            AddServerHeader = false,
            ApplicationServices = services,
            // Bytes above ASCII pass through as they are (RFC 9110 §5.5: obs-text is opaque).
            RequestHeaderEncodingSelector = static _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static _ => Encoding.Latin1,
            // A proxy that ends TLS before us sends its own scheme over plain HTTP/2. What the client's was is asked of trusted proxies only.
            AllowAlternateSchemes = true,
        };
        KestrelLimits.Apply(state.Limits, _options.Limits);
        Listen(state.Listener.Address);
        _transport = new ListenerTransport(new SocketTransportFactory(Options.Create(new SocketTransportOptions()), logs));
        _server = new KestrelServer(Options.Create(_options), _transport, logs);
    }

    /// <summary>The address as configured.</summary>
    public IPEndPoint Address => _connections.State.Listener.Address;

    /// <summary>Where clients reach it; once it is bound.</summary>
    public Uri Url => new($"{(_connections.State.Listener.Tls is null ? "http" : "https")}://{_transport.Bound}");

    /// <summary>Binds the address and takes connections.</summary>
    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellation)
        where TContext : notnull => _server.StartAsync(application, cancellation);

    /// <summary>Goes by other settings from the next connection on.</summary>
    public void Change(ListenerState state)
    {
        // Kestrel reads its limits when a connection begins.
        KestrelLimits.Apply(state.Limits, _options.Limits);
        _connections.State = state;
    }

    /// <summary>Takes no more connections, and waits for the requests in flight until cancelled.</summary>
    public Task StopAsync(CancellationToken cancellation) => _server.StopAsync(cancellation);

    public void Dispose() => _server.Dispose();

    // The address comes last: as soon as it is bound there are connections, and they must have somewhere to go.
    private void Listen(IPEndPoint address)
    {
        _options.Listen(new InnerEndPoint("http2"), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            Begin(listen, next => _connections.Http2 = next);
        });
        _options.Listen(new InnerEndPoint("tls"), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            Begin(listen, next => _connections.Tls = next);
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = hello => ValueTask.FromResult(_connections.State.Listener.Tls?.OptionsFor(hello.ClientHelloInfo.ServerName)
                    ?? throw new ConnectionAbortedException("TLS is no longer spoken here.")),
            });
            listen.Use(next => connection => _connections.ServeEncryptedAsync(connection, next));
        });
        _options.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next =>
            {
                _connections.Http1 = next;
                return _connections.ServeAsync;
            });
        });
    }

    /// <summary>Notes the way of an inner endpoint's connections from its beginning.</summary>
    private static void Begin(ListenOptions listen, Action<ConnectionDelegate> note) => listen.Use(next =>
    {
        note(next);
        return next;
    });
}
