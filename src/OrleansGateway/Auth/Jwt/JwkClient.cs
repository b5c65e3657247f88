using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Upstream;

namespace OrleansGateway.Auth.Jwt;

/// <summary>Fetches JWK sets, from no address but those that the configuration allows. Reads no more than a set may have.</summary>
internal sealed class JwkClient : IDisposable
{
    /// <summary>For one fetch, discovery included.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly GuardedClient _client;

    /// <summary>Resolves names by the system, and trusts the authorities that it trusts.</summary>
    public JwkClient() : this(Dns.GetHostAddressesAsync, trust: null)
    {
    }

    /// <param name="resolve">Addresses of a name.</param>
    /// <param name="trust">Which certificates are trusted; none for those that the system trusts.</param>
    public JwkClient(Func<string, CancellationToken, Task<IPAddress[]>> resolve, X509ChainPolicy? trust) =>
        _client = new GuardedClient(resolve, trust, static handler =>
        {
            handler.MaxResponseDrainSize = 0;
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10);
        });

    /// <summary>The set as text, checked; or why there is none. Throws only when <paramref name="stopping"/>.</summary>
    public async Task<(string? Text, string Problem)> FetchAsync(JwkOrigin origin, CancellationToken cancellation, CancellationToken stopping)
    {
        try
        {
            var url = origin.Url;
            if (origin.IsDiscovery)
            {
                var (found, problem) = SetUrlIn(await GetAsync(origin, url, cancellation), origin);
                if (found is null) return (null, problem);
                url = found;
            }

            var text = await GetAsync(origin, url, cancellation);
            return JwkSet.Parse(text) is (null, var fault) ? (null, fault) : (text, "");
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or JsonException)
        {
            return (null, failed.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return (null, $"no answer within {Timeout.TotalSeconds:0} s");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>OpenID Connect Discovery 1.0 §4.3: a document of another issuer is not taken, nor a set that would come in the clear.</summary>
    private static (Uri? Url, string Problem) SetUrlIn(string text, JwkOrigin origin)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return (null, "the discovery document is no JSON object");
        if (TextOf("issuer") != origin.Issuer) return (null, "the discovery document is that of another issuer");
        if (!Uri.TryCreate(TextOf("jwks_uri"), UriKind.Absolute, out var url)) return (null, "the discovery document names no JWK set");
        var isSecure = url.Scheme == Uri.UriSchemeHttps || (JwkOrigin.IsSecure(url) && origin.Url.IsLoopback);
        return isSecure ? (url, "") : (null, "the discovery document names a JWK set that is not served by https");

        string? TextOf(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private async Task<string> GetAsync(JwkOrigin origin, Uri url, CancellationToken cancellation)
    {
        // What the operator has stated decides, not what a document says.
        var invoker = _client.For(origin.Url, origin.AllowPrivate);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("Accept", "application/jwk-set+json, application/json");
        using var response = await invoker.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.OK) throw new HttpRequestException($"the answer had status {(int)response.StatusCode}");
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var bytes = new byte[JwkSet.BytesMax + 1];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return length <= JwkSet.BytesMax ? Encoding.UTF8.GetString(bytes, 0, length) : throw new IOException($"the answer is larger than {new ByteSize(JwkSet.BytesMax)}");
    }
}
