using System.Collections.Concurrent;
using System.Net.Security;

namespace OrleansGateway.Upstream;

/// <summary>
/// Upstreams over HTTP. Connections are pooled per address and kept over reloads of the configuration; one pool per connect timeout, since that is the
/// one timeout the platform's client has only for a pool as a whole.
/// </summary>
internal sealed class HttpUpstream : IUpstream, IDisposable
{
    private readonly ConcurrentDictionary<TimeSpan, HttpMessageInvoker> _pools = [];

    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var pool = _pools.GetOrAdd(request.ConnectTimeout, NewPool);
        var message = ToMessage(request);
        try
        {
            return new HttpUpstreamResponse(message, await pool.SendAsync(message, cancellation));
        }
        catch (HttpRequestException failed)
        {
            message.Dispose();
            throw new UpstreamException(Describe(failed), failed);
        }
        catch (OperationCanceledException slow) when (!cancellation.IsCancellationRequested)
        {
            message.Dispose();
            throw new UpstreamException($"no connection within {request.ConnectTimeout.TotalSeconds:0.###} s", slow);
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var pool in _pools.Values) pool.Dispose();
    }

    private static HttpMessageInvoker NewPool(TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        ConnectTimeout = connectTimeout,
        UseProxy = false,
        UseCookies = false,
        // A redirect would carry the provider's key to wherever it points.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        // Providers move behind their names; a connection is not kept past this.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        SslOptions = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck },
    });

    private static HttpRequestMessage ToMessage(UpstreamRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Uri)
        {
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            // HTTP/2 only where TLS negotiates it: many streams to one provider then share a connection.
            Version = request.Uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
        };
        if (!request.Body.IsEmpty)
        {
            message.Content = new BodyContent(request);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    /// <summary>The body, which says when it has been sent.</summary>
    private sealed class BodyContent(UpstreamRequest request) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            request.BodySent = WriteAsync(stream, cancellationToken);

        // A write may also fail before it has become a task, and that must show in BodySent too.
        private async Task WriteAsync(Stream stream, CancellationToken cancellation) => await stream.WriteAsync(request.Body, cancellation);

        protected override bool TryComputeLength(out long length)
        {
            length = request.Body.Length;
            return true;
        }
    }

    /// <summary>What went wrong in words for the client: no address, no name of ours.</summary>
    private static string Describe(HttpRequestException failed) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name does not resolve",
        HttpRequestError.ConnectionError => "the connection was refused or broke",
        HttpRequestError.SecureConnectionError => "no secure connection could be made",
        HttpRequestError.ResponseEnded => "it closed the connection before it answered",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "its answer is not valid HTTP",
        _ => "the connection failed",
    };
}
