using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http.Listening;

/// <summary>The Kestrel server of one address. Its settings may change while it serves; the address may not.</summary>
internal sealed class AddressServer : IAsyncDisposable
{
    private static readonly DigitEncoding Digits = new();

    private readonly ListenerConnections _connections;
    private readonly ListenerTransport _transport;
    private readonly WebApplication _parts;
    private readonly IServer _server;

    /// <param name="state">The settings to begin with.</param>
    /// <param name="isQuic">Whether it serves HTTP/3, over UDP, or all else, over TCP.</param>
    /// <param name="count">The connections of all servers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it logs to.</param>
    public AddressServer(ListenerState state, bool isQuic, ConnectionCount count, TimeProvider time, ILoggerFactory logs)
    {
        IsQuic = isQuic;
        _connections = new ListenerConnections(count, time, logs.CreateLogger<ListenerConnections>()) { State = state };
        // Requests begin where their bytes arrive (SocketStage). Not if those must be decrypted first, which takes long in a handshake; it is decided once, for the address' life.
        _transport = new ListenerTransport(new SocketTransportFactory(Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = state.Listener.Tls is null }), logs));
        // Only a service container can put together a Kestrel that speaks TLS and QUIC. Its parts are all that is used: nothing of it stands in the way of a request.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs).AddSingleton<IConnectionListenerFactory>(_transport);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        if (isQuic) builder.WebHost.UseQuic().UseKestrelHttpsConfiguration();
        _parts = builder.Build();
        _server = _parts.Services.GetRequiredService<IServer>();
    }

    public bool IsQuic { get; }

    /// <summary>The address as configured.</summary>
    public IPEndPoint Address => _connections.State.Listener.Address;

    /// <summary>Where clients reach it; once it is bound.</summary>
    public Uri Url => new($"{(_connections.State.Listener.Tls is null ? "http" : "https")}://{_transport.Bound ?? Address}");

    /// <summary>Binds the address and takes connections.</summary>
    public Task StartAsync(Pipeline pipeline, CancellationToken cancellation) =>
        _server.StartAsync(new StageApplication(pipeline, () => _connections.State.Listener.AltSvc), cancellation);

    /// <summary>Goes by other settings from the next connection on.</summary>
    public void Change(ListenerState state)
    {
        // Kestrel reads its limits when a connection begins.
        KestrelLimits.Apply(state.Limits, _parts.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits);
        _connections.State = state;
    }

    /// <summary>Takes no more connections, and waits for the requests in flight until cancelled.</summary>
    public Task StopAsync(CancellationToken cancellation) => _server.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _parts.DisposeAsync();

    private void Configure(KestrelServerOptions options)
    {
        var (listener, limits) = _connections.State;
        options.AddServerHeader = false;
        // Bytes above ASCII pass through as they are (RFC 9110 §5.5: obs-text is opaque).
        options.RequestHeaderEncodingSelector = ReadingOf;
        options.ResponseHeaderEncodingSelector = WritingOf;
        // A proxy that ends TLS before us sends its own scheme over plain HTTP/2. What the client's was is asked of trusted proxies only.
        options.AllowAlternateSchemes = true;
        KestrelLimits.Apply(limits, options.Limits);
        if (IsQuic) ListenQuic(options, listener.Address);
        else Listen(options, listener.Address);
    }

    // Those that we write ourselves are ASCII, which the server writes faster.
    private static Encoding? WritingOf(string name) =>
        name is "Date" or "Content-Length" or "x-request-id" or "x-gateway-config-version" ? null : Encoding.Latin1;

    private static Encoding ReadingOf(string name) => name switch
    {
        "Content-Length" => Digits,
        "Connection" => ConnectionEncoding.Instance,
        _ => Encoding.Latin1,
    };

    // The address comes last: as soon as it is bound there are connections, and they must have somewhere to go.
    private void Listen(KestrelServerOptions options, IPEndPoint address)
    {
        options.Listen(new InnerEndPoint("http2"), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            Begin(listen, next => _connections.Http2 = next);
        });
        options.Listen(new InnerEndPoint("tls"), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            Begin(listen, next => _connections.Tls = next);
            listen.UseHttps(Handshake(() => _connections.State.Listener.Tls));
            listen.Use(next => connection => _connections.ServeEncryptedAsync(connection, next));
        });
        options.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next =>
            {
                _connections.Http1 = next;
                return _connections.ServeAsync;
            });
        });
    }

    private void ListenQuic(KestrelServerOptions options, IPEndPoint address) => options.Listen(address, listen =>
    {
        listen.Protocols = HttpProtocols.Http3;
        listen.UseHttps(Handshake(() => _connections.State.Listener.QuicTls));
    });

    private static TlsHandshakeCallbackOptions Handshake(Func<ServerTls?> current) => new()
    {
        OnConnection = hello => current() is { } tls
            ? ValueTask.FromResult(tls.OptionsFor(hello.ClientHelloInfo.ServerName))
            : throw new ConnectionAbortedException("TLS is no longer spoken here."),
    };

    /// <summary>Notes the way of an inner endpoint's connections from its beginning.</summary>
    private static void Begin(ListenOptions listen, Action<ConnectionDelegate> note) => listen.Use(next =>
    {
        note(next);
        return next;
    });
}
