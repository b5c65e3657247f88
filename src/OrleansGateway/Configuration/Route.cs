namespace OrleansGateway.Configuration;

/// <summary>What the data listeners serve at one place, compiled.</summary>
internal sealed class Route(string id, RouteSettings settings, UpstreamPool? upstream = null)
{
    public string Id => id;
    public RouteSettings Settings => settings;
    public string Path => settings.Path;

    /// <summary>Where requests are passed on to; none if the route answers itself or serves the model API.</summary>
    public UpstreamPool? Upstream => upstream;

    /// <summary>Whether it serves the model API.</summary>
    public bool IsModelApi { get; } = settings.Upstream is null && settings.Redirect is null && settings.Respond is null;

    public NamePatterns Models { get; } = new(settings.Models);
    public bool AcceptsKeys { get; } = settings.Auth.Contains(CredentialKind.Key);
    public bool AcceptsTokens { get; } = settings.Auth.Contains(CredentialKind.Jwt);
    public bool AcceptsCertificates { get; } = settings.Auth.Contains(CredentialKind.Certificate);
    public bool AcceptsNobody { get; } = settings.Auth.Contains(CredentialKind.Anonymous);
    public HeaderChanges? RequestHeaders { get; }
    public HeaderChanges? ResponseHeaders { get; }
    public ExternalAuthSettings? ExternalAuth => settings.ExternalAuth;
}
