using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>
/// Sends events. Follows no redirect, reads nothing of an answer but its head, and connects only to addresses that the webhook may have, looked at after the name was resolved: a
/// name that is changed to lead inside gets no connection.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    private static readonly ProductInfoHeaderValue s_agent = new("OrleansGateway", "1");

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _local;
    private readonly HttpMessageInvoker _any;

    /// <summary>Resolves names by the system, and trusts the authorities that it trusts.</summary>
    public WebhookClient(TimeProvider time) : this(Dns.GetHostAddressesAsync, trust: null, time)
    {
    }

    /// <param name="resolve">Addresses of a name.</param>
    /// <param name="trust">Which certificates are trusted; none for those that the system trusts.</param>
    /// <param name="time">For timeouts and signatures.</param>
    public WebhookClient(Func<string, CancellationToken, Task<IPAddress[]>> resolve, X509ChainPolicy? trust, TimeProvider time)
    {
        (_resolve, _time) = (resolve, time);
        _public = NewInvoker(PublicAddresses.Contain, trust);
        _local = NewInvoker(static a => IPAddress.IsLoopback(a) || PublicAddresses.Contain(a), trust);
        _any = NewInvoker(static _ => true, trust);
    }

    /// <summary>Sends it once. Throws only when <paramref name="stopping"/>.</summary>
    public async Task<WebhookAnswer> SendAsync(Webhook webhook, GatewayEvent one, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(webhook.Settings.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            using var request = RequestOf(webhook, one);
            var invoker = webhook.Settings.AllowPrivate ? _any : webhook.Url.IsLoopback ? _local : _public;
            using var response = await invoker.SendAsync(request, both.Token);
            var status = (int)response.StatusCode;
            return response.IsSuccessStatusCode ? new WebhookAnswer(status, null) : new WebhookAnswer(status, $"the answer had status {status}", RetryAfterOf(response));
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            return new WebhookAnswer(0, failed.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new WebhookAnswer(0, $"no answer within {Duration.Write(webhook.Settings.Timeout)}");
        }
    }

    public void Dispose()
    {
        _public.Dispose();
        _local.Dispose();
        _any.Dispose();
    }

    private HttpRequestMessage RequestOf(Webhook webhook, GatewayEvent one)
    {
        var (payload, timestamp) = (WebhookPayload.Of(one), _time.GetUtcNow().ToUnixTimeSeconds());
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(payload) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(s_agent);
        request.Headers.Add("webhook-id", one.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", webhook.Sign(one.Id, timestamp, payload));
        return request;
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) =>
        response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) ? null
        : response.Headers.RetryAfter is not { } after ? null
        : after.Delta ?? after.Date - _time.GetUtcNow();

    private HttpMessageInvoker NewInvoker(Func<IPAddress, bool> mayReach, X509ChainPolicy? trust) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 16,
        // What is left of a short answer is read away so that the connection can be used again; of a long one it is closed.
        MaxResponseDrainSize = 16 << 10,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
        ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, mayReach, cancellation),
    });

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
