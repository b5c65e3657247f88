using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;
using OrleansGateway.Upstream;

namespace OrleansGateway.Events;

/// <summary>Sends events, to no address but those that the webhook may have. Reads nothing of an answer but its head.</summary>
internal sealed class WebhookClient : IDisposable
{
    private static readonly ProductInfoHeaderValue s_agent = new("OrleansGateway", "1");

    private readonly TimeProvider _time;
    private readonly GuardedClient _client;

    /// <summary>Resolves names by the system, and trusts the authorities that it trusts.</summary>
    public WebhookClient(TimeProvider time) : this(Dns.GetHostAddressesAsync, trust: null, time)
    {
    }

    /// <param name="resolve">Addresses of a name.</param>
    /// <param name="trust">Which certificates are trusted; none for those that the system trusts.</param>
    /// <param name="time">For timeouts and signatures.</param>
    public WebhookClient(Func<string, CancellationToken, Task<IPAddress[]>> resolve, X509ChainPolicy? trust, TimeProvider time)
    {
        _time = time;
        _client = new GuardedClient(resolve, trust, static handler =>
        {
            // What is left of a short answer is read away so that the connection can be used again; of a long one it is closed.
            handler.MaxResponseDrainSize = 16 << 10;
            handler.ResponseDrainTimeout = TimeSpan.FromSeconds(1);
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30);
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        });
    }

    /// <summary>Sends it once. Throws only when <paramref name="stopping"/>.</summary>
    public async Task<WebhookAnswer> SendAsync(Webhook webhook, GatewayEvent one, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(webhook.Settings.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            using var request = RequestOf(webhook, one);
            using var response = await _client.For(webhook.Url, webhook.Settings.AllowPrivate).SendAsync(request, both.Token);
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

    public void Dispose() => _client.Dispose();

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
}
