using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// Where the connections of one address begin: says who may connect, reads the PROXY header, and hands on to TLS, HTTP/1.1 or HTTP/2. Goes by the settings of the
/// moment, so that a reload counts for the next connection and touches no open one.
/// </summary>
internal sealed class ListenerConnections(ConnectionCount count, TimeProvider time, ILogger log)
{
    private volatile ListenerState? _state;

    /// <summary>What is next for a connection that speaks HTTP/1.1; set while Kestrel binds, as the other two.</summary>
    public ConnectionDelegate? Http1 { get; set; }

    /// <summary>What is next for one that speaks HTTP/2 in plain text.</summary>
    public ConnectionDelegate? Http2 { get; set; }

    /// <summary>What is next for one that is encrypted.</summary>
    public ConnectionDelegate? Tls { get; set; }

    /// <summary>The settings from now on.</summary>
    public ListenerState State
    {
        get => _state!;
        set => _state = value;
    }

    public async Task ServeAsync(ConnectionContext connection)
    {
        var (listener, limits) = State;
        if (!count.TryEnter(limits.ConnectionsMax))
        {
            log.TooManyConnections(limits.ConnectionsMax);
            connection.Abort(new ConnectionAbortedException("The most connections allowed are open."));
            return;
        }

        // Its place is free once its socket is closed: of a client that resets many streams at once Kestrel sometimes awaits one for ever (dotnet/aspnetcore#51307).
        var place = new Place(count);
        using var closed = connection.ConnectionClosed.UnsafeRegister(static place => ((Place)place!).Leave(), place);
        try
        {
            if (await OpenAsync(connection, listener, limits) is { } next) await next(connection);
        }
        finally
        {
            place.Leave();
        }
    }

    /// <summary>After the handshake: a client that speaks no ALPN means HTTP/1.1, which this listener may not serve.</summary>
    public Task ServeEncryptedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (State.Listener.Http1) return next(connection);
        var chosen = connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol;
        return chosen == SslApplicationProtocol.Http2 ? next(connection) : Task.CompletedTask;
    }

    private async ValueTask<ConnectionDelegate?> OpenAsync(ConnectionContext connection, DataListener listener, LimitSettings limits)
    {
        var isProxied = listener.ProxyProtocol is not null;
        var mustLook = listener is { Tls: null, Http1: true, Http2: true };
        if (!isProxied && !mustLook) return NextOf(listener, isHttp2: !listener.Http1);
        try
        {
            // A load balancer speaks at once; a browser opens connections ahead of need.
            using var opening = new Opening(connection, isProxied ? limits.HeaderTimeout : limits.IdleTimeout, limits.HeaderTimeout, time);
            if (isProxied && !await TakeProxyAsync(connection, opening, listener.ProxyProtocol!)) return null;
            if (!mustLook) return NextOf(listener, isHttp2: !listener.Http1);
            return await opening.IsHttp2Async() is { } isHttp2 ? NextOf(listener, isHttp2) : null;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private ConnectionDelegate? NextOf(DataListener listener, bool isHttp2) => listener.Tls is not null ? Tls : isHttp2 ? Http2 : Http1;

    private async ValueTask<bool> TakeProxyAsync(ConnectionContext connection, Opening opening, Networks allowed)
    {
        if (connection.RemoteEndPoint is not IPEndPoint peer || !allowed.Contain(peer.Address))
        {
            log.PeerNotAllowed(connection.RemoteEndPoint);
            return false;
        }

        var (isThere, client) = await opening.TakeProxyAsync();
        if (!isThere) log.NoProxyHeader(peer);
        if (client is not null) connection.RemoteEndPoint = client;
        return isThere;
    }

    /// <summary>One of the places; is left once.</summary>
    private sealed class Place(ConnectionCount count)
    {
        private bool _isLeft;

        public void Leave()
        {
            if (!Interlocked.Exchange(ref _isLeft, true)) count.Leave();
        }
    }
}

/// <summary>The settings that a listener goes by.</summary>
internal sealed record ListenerState(DataListener Listener, LimitSettings Limits);

internal static partial class ListenerLog
{
    [LoggerMessage(1010, LogLevel.Warning, "A connection was closed at once: the most allowed, {ConnectionsMax}, are open")]
    public static partial void TooManyConnections(this ILogger log, int connectionsMax);

    [LoggerMessage(1011, LogLevel.Information, "A connection from {Peer} was closed: only the networks in proxy_protocol may connect here")]
    public static partial void PeerNotAllowed(this ILogger log, EndPoint? peer);

    [LoggerMessage(1012, LogLevel.Information, "A connection from {Peer} was closed: it did not begin with a PROXY header")]
    public static partial void NoProxyHeader(this ILogger log, EndPoint? peer);
}
