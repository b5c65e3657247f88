using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>
/// Opens connections for the platform's client: addresses taken in turn, certificates read again, and the server's name as configured, which that client would take
/// from the <c>Host</c> of the first request.
/// </summary>
internal sealed class HttpConnector(UpstreamAccess access, TimeSpan timeout, UpstreamTls tls, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Host, int Port), Dialer> _dialers = [];

    private readonly List<SslApplicationProtocol> _protocols = access.Protocol switch
    {
        UpstreamProtocol.Http1 => [SslApplicationProtocol.Http11],
        UpstreamProtocol.Http2 => [SslApplicationProtocol.Http2],
        _ => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    /// <summary>A proxy as the platform wants it; user and password come with its address.</summary>
    public static WebProxy ProxyOf(Uri proxy) => new(new Uri(proxy.GetLeftPart(UriPartial.Authority).Replace($"{proxy.UserInfo}@", "", StringComparison.Ordinal)))
    {
        Credentials = ProxyTunnel.CredentialsOf(proxy),
    };

    /// <summary>Over QUIC the platform connects by itself: it reads no certificate again, and takes the server's name from <c>Host</c>.</summary>
    public SslClientAuthenticationOptions QuicOptions() => tls.Options("", null);

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            return await ConnectAsync(context, startedAt, cancellation);
        }
        finally
        {
            HttpUpstreamMessage.RequestOf(context.InitialRequestMessage).Connected = time.GetElapsedTime(startedAt);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, long startedAt, CancellationToken cancellation)
    {
        var target = context.DnsEndPoint;
        var (host, port) = access.Proxy is { } proxy ? (proxy.IdnHost, proxy.Port) : (target.Host, target.Port);
        var dialer = _dialers.GetOrAdd((host, port), static (key, time) => new Dialer(key.Host, key.Port, time, Dns.GetHostAddressesAsync), time);
        var socket = await dialer.ConnectAsync(timeout, cancellation);
        if (access.Proxy is not null) await ProxyTunnel.OpenAsync(socket, access.Proxy, target, cancellation);
        return context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps
            ? await tls.OpenAsync(socket, target.Host, _protocols, timeout - time.GetElapsedTime(startedAt), cancellation)
            : new NetworkStream(socket, ownsSocket: true);
    }
}
