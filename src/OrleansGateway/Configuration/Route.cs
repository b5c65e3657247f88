namespace OrleansGateway.Configuration;

/// <summary>What the data listeners serve at one place, compiled.</summary>
internal sealed class Route
{
    private readonly TagTemplate[] _cacheTags;

    public Route(string id, RouteSettings settings, UpstreamPool? upstream = null)
    {
        (Id, Settings, Upstream) = (id, settings, upstream);
        Pattern = PathPattern.Of(settings.Path);
        Hosts = [.. settings.Hosts.Select(HostPattern.Of).Distinct()];
        Conditions = new RouteConditions(settings.Match);
        IsModelApi = settings.Upstream is null && settings.Redirect is null && settings.Respond is null;
        Models = new NamePatterns(settings.Models);
        Rewrite = settings.Rewrite.Path is { } path ? PathRewrite.Parse(path, Pattern).Rewrite : null;
        Redirect = settings.Redirect is { } redirect ? RedirectTarget.Parse(redirect.To, Pattern).Target : null;
        Cors = settings.Cors is { } cors ? new CorsPolicy(cors) : null;
        Compression = settings.Compression is { } compression ? new CompressionPolicy(compression) : null;
        _cacheTags = [.. (settings.Cache?.Tags ?? []).Select(tag => TagTemplate.Parse(tag, Pattern).Template!)];
        ModelCacheTags = [.. (settings.ModelCache?.Tags ?? []).Select(static tag => CacheTagTemplate.Parse(tag).Template!)];
        RequestHeaders = HeaderChanges.Of(settings.RequestHeaders);
        ResponseHeaders = HeaderChanges.Of(settings.ResponseHeaders);
        AcceptsKeys = settings.Auth.Contains(CredentialKind.Key);
        AcceptsTokens = settings.Auth.Contains(CredentialKind.Jwt);
        AcceptsCertificates = settings.Auth.Contains(CredentialKind.Certificate);
        AcceptsNobody = settings.Auth.Contains(CredentialKind.Anonymous);
    }

    public string Id { get; }
    public RouteSettings Settings { get; }
    public string Path => Settings.Path;

    /// <summary>Paths taken.</summary>
    public PathPattern Pattern { get; }

    /// <summary>Hosts taken; none listed for any.</summary>
    public HostPattern[] Hosts { get; }

    /// <summary>What else is asked for.</summary>
    public RouteConditions Conditions { get; }

    /// <summary>Where requests are passed on to; none if the route answers itself or serves the model API.</summary>
    public UpstreamPool? Upstream { get; }

    /// <summary>Whether it serves the model API.</summary>
    public bool IsModelApi { get; }

    public NamePatterns Models { get; }

    /// <summary>Path that the upstream sees; none if it is the request's.</summary>
    public PathRewrite? Rewrite { get; }

    /// <summary>Where requests are redirected to; none if they are not.</summary>
    public RedirectTarget? Redirect { get; }

    public CorsPolicy? Cors { get; }
    public CompressionPolicy? Compression { get; }

    /// <summary>Tags that models' answers are stored with.</summary>
    public CacheTagTemplate[] ModelCacheTags { get; }

    /// <summary>Changes to requests before they are passed on; none if there are none.</summary>
    public HeaderChanges? RequestHeaders { get; }

    /// <summary>Changes to answers; none if there are none.</summary>
    public HeaderChanges? ResponseHeaders { get; }

    public bool AcceptsKeys { get; }
    public bool AcceptsTokens { get; }
    public bool AcceptsCertificates { get; }
    public bool AcceptsNobody { get; }
    /// <summary>Tags that answers at a path are stored with.</summary>
    public IReadOnlyList<string> CacheTags(string rawPath) => _cacheTags.Length == 0 ? [] : [.. _cacheTags.Select(tag => tag.Of(rawPath))];

    public ExternalAuthSettings? ExternalAuth => Settings.ExternalAuth;
}
