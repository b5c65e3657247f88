using System.Collections.Concurrent;
using System.Net.Quic;
using System.Text;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>
/// Upstreams by the platform's client: HTTP/2, HTTP/3, and whatever goes by way of a proxy. Connections are kept over reloads of the configuration; one pool per way
/// of reaching an upstream and connect timeout, which that client has only for a pool as a whole. It drops interim answers and cannot send trailers.
/// </summary>
internal sealed class HttpUpstream(TimeProvider time, ILogger<HttpUpstream>? log = null) : IUpstream, IDisposable
{
    private readonly ConcurrentDictionary<Way, HttpMessageInvoker> _pools = [];

    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var access = request.Access;
#pragma warning disable CA1416 // Says itself that it is not there on other systems.
        if (access.Protocol == UpstreamProtocol.Http3 && !QuicConnection.IsSupported) throw new UpstreamException("HTTP/3 is not available on this machine") { NothingSent = true };
#pragma warning restore CA1416
        var pool = _pools.GetOrAdd(new Way(access, request.Uri.Scheme == Uri.UriSchemeHttps, request.ConnectTimeout), NewPool);
        var message = HttpUpstreamMessage.Of(request);
        try
        {
            return new HttpUpstreamResponse(message, await pool.SendAsync(message.Message, cancellation));
        }
        catch (Exception failed)
        {
            await message.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            if (HttpFault.Of(failed, message.BodyFault, request.ConnectTimeout) is { } fault) throw fault;
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var pool in _pools.Values) pool.Dispose();
    }

    private HttpMessageInvoker NewPool(Way way)
    {
        var connector = new HttpConnector(way.Access, way.ConnectTimeout, new UpstreamTls(way.Access.Tls, time, log), time);
        // A proxy is told the whole address of what it is to ask for in clear, and that only the platform does; all else goes through a tunnel of ours.
        var isAskedByProxy = way.Access is { Proxy: not null, Protocol: UpstreamProtocol.Http1 or null } && !way.IsSecure;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = way.ConnectTimeout,
            UseProxy = isAskedByProxy,
            Proxy = isAskedByProxy ? HttpConnector.ProxyOf(way.Access.Proxy!) : null,
            UseCookies = false,
            // A redirect would carry the provider's key to wherever it points.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            // A peer that hangs. Rarer than 5 min: gRPC servers end connections that ping more often while nothing is said. A host that is gone is noticed by TCP.
            KeepAlivePingDelay = TimeSpan.FromMinutes(6),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            // Providers move behind their names; a connection is not kept past this.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        };
        if (way.Access.Protocol == UpstreamProtocol.Http3) handler.SslOptions = connector.QuicOptions();
        else if (!isAskedByProxy) handler.ConnectCallback = connector.ConnectAsync;
        return new HttpMessageInvoker(handler);
    }

    private readonly record struct Way(UpstreamAccess Access, bool IsSecure, TimeSpan ConnectTimeout);
}
