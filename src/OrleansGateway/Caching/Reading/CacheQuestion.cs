using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Caching.Reading;

/// <summary>A request that is only asked about.</summary>
/// <param name="Url">As a client would call it, with its scheme.</param>
/// <param name="Tenant">Who would call; none for a stranger.</param>
/// <param name="Team">The caller's team.</param>
/// <param name="User">The caller's user.</param>
/// <param name="Key">Id of the caller's key: what is shared by nobody else is found by it.</param>
/// <param name="Headers">Fields of the request.</param>
internal sealed record CacheQuestion(string Url, string? Tenant, string? Team, string? User, string? Key, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The request as the stages would see it; none if the URL is none.</summary>
    public Exchange? ToExchange(Snapshot snapshot)
    {
        var end = Url.IndexOf("://", StringComparison.Ordinal);
        var scheme = end < 0 ? "" : Url[..end].ToLowerInvariant();
        if (scheme is not ("http" or "https")) return null;
        var rest = Url[(end + 3)..];
        var at = rest.IndexOfAny(['/', '?', '#']);
        var (host, target) = at < 0 ? (rest, "/") : (rest[..at], rest[at..]);
        if (target.IndexOf('#', StringComparison.Ordinal) is >= 0 and var fragment) target = target[..fragment];
        if (!target.StartsWith('/')) target = "/" + target;
        if (host.Length == 0) return null;
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        var request = http.Features.GetRequiredFeature<IHttpRequestFeature>();
        var query = target.IndexOf('?', StringComparison.Ordinal);
        (request.Method, request.Scheme, request.Protocol, request.RawTarget) = (HttpMethods.Get, scheme, "HTTP/1.1", target);
        (request.Path, request.QueryString) = query < 0 ? (target, "") : (target[..query], target[query..]);
        http.Features.Set<IHttpRequestBodyDetectionFeature>(new NoBody());
        request.Headers.Host = host;
        foreach (var (name, value) in Headers) request.Headers.Append(name, value);
        return new Exchange(http, snapshot, "", 0) { ClientScheme = scheme, ClientHost = host, Caller = CallerOf() };
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => false;
    }

    private Caller? CallerOf() => Tenant is null ? null : new Caller
    {
        KeyId = Key ?? "", Tenant = Tenant, Team = Team, User = User, Models = new NamePatterns([]), Routes = new NamePatterns([]),
    };
}
