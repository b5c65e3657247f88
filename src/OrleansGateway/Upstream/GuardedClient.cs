using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>
/// What the gateway itself sends to addresses that come from settings: it follows no redirect, and connects only to addresses that are allowed, looked at after the name was resolved:
/// a name that is changed to lead inside gets no connection.
/// </summary>
internal sealed class GuardedClient : IDisposable
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _local;
    private readonly HttpMessageInvoker _any;

    /// <param name="resolve">Addresses of a name.</param>
    /// <param name="trust">Which certificates are trusted; none for those that the system trusts.</param>
    /// <param name="fit">Sets what is the user's own: how long connections are kept, and what is read of answers that nobody wants.</param>
    public GuardedClient(Func<string, CancellationToken, Task<IPAddress[]>> resolve, X509ChainPolicy? trust, Action<SocketsHttpHandler> fit)
    {
        _resolve = resolve;
        _public = NewInvoker(PublicAddresses.Contain, trust, fit);
        _local = NewInvoker(static a => IPAddress.IsLoopback(a) || PublicAddresses.Contain(a), trust, fit);
        _any = NewInvoker(static _ => true, trust, fit);
    }

    /// <summary>A handler for the gateway's own requests, which go straight where they are sent and carry nothing that they were not given.</summary>
    public static SocketsHttpHandler NewHandler() => new()
    {
        // A redirect would carry what is sent to wherever it points.
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 16,
    };

    /// <summary>What sends to an address that the operator has stated, and to where its answers lead. One on this machine may stay on it.</summary>
    public HttpMessageInvoker For(Uri stated, bool allowPrivate) => allowPrivate ? _any : stated.IsLoopback ? _local : _public;

    public void Dispose()
    {
        _public.Dispose();
        _local.Dispose();
        _any.Dispose();
    }

    private HttpMessageInvoker NewInvoker(Func<IPAddress, bool> mayReach, X509ChainPolicy? trust, Action<SocketsHttpHandler> fit)
    {
        var handler = NewHandler();
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        handler.ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, mayReach, cancellation);
        fit(handler);
        return new HttpMessageInvoker(handler);
    }

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, Func<IPAddress, bool> mayReach, CancellationToken cancellation)
    {
        var addresses = await _resolve(endPoint.Host, cancellation);
        var allowed = addresses.Where(mayReach).ToArray();
        if (allowed.Length == 0) throw new HttpRequestException("its name leads to a private address, and allow_private is not set");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
