namespace OrleansGateway.Configuration;

/// <summary>An issuer of JWTs, compiled.</summary>
internal sealed class JwtIssuer
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    public JwtIssuer(string id, JwtSettings settings)
    {
        (Id, Settings, CallerId) = (id, settings, "jwt:" + id);
        if (settings.Jwks is { } jwks && JwkSet.Parse(jwks.Reveal()).Set is { } keys) Keys = keys;
        else Origin = new JwkOrigin(id, UrlOf(settings), settings);
    }

    public string Id { get; }
    public JwtSettings Settings { get; }

    /// <summary>Stands where a caller with a key has the key's id.</summary>
    public string CallerId { get; }

    /// <summary>The keys, if the configuration holds them.</summary>
    public JwkSet? Keys { get; }

    /// <summary>Where the keys are fetched from, if not.</summary>
    public JwkOrigin? Origin { get; }

    /// <summary>OpenID Connect Discovery 1.0 §4: the path is appended to the issuer, whose last slash goes.</summary>
    public static string DiscoveryUrl(string issuer) => issuer.TrimEnd('/') + DiscoveryPath;

    private static Uri UrlOf(JwtSettings settings) => settings.JwksUrl ?? new Uri(DiscoveryUrl(settings.Issuer));
}

/// <summary>Where keys are fetched from, and how. Equal over reloads that change nothing of it, so that the keys are kept.</summary>
internal sealed record JwkOrigin(string Id, Uri Url, bool IsDiscovery, string Issuer, bool AllowPrivate, TimeSpan Refresh, TimeSpan StaleMax)
{
    public JwkOrigin(string id, Uri url, JwtSettings settings)
        : this(id, url, settings.Discovery, settings.Issuer, settings.AllowPrivate, settings.Refresh, settings.StaleMax)
    {
    }

    /// <summary>Whether a set may be fetched from there: a key that came in the clear could be anyone's.</summary>
    public static bool IsSecure(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);
}
