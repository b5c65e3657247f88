using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Forwarding;

/// <summary>What of a request's target and host the upstream sees.</summary>
internal static class TargetPath
{
    /// <summary>
    /// Path and query that go upstream, character by character: those of the request unless the route rewrites them. The route was found by the same path, so there
    /// is nothing left to refuse.
    /// </summary>
    public static string Of(Exchange exchange, Route route)
    {
        var target = exchange.Target;
        // The server as a whole has no path to rewrite.
        return route.Rewrite is { } rewrite && target.Whole != "*" ? rewrite.Of(target.RawPath, target.Query) : target.Whole;
    }

    /// <summary>The <c>Host</c> to send; none for the target's own.</summary>
    public static string? HostOf(Exchange exchange, Route route) => route.Settings.Rewrite.Host switch
    {
        "target" => null,
        "keep" => exchange.ClientHost,
        var stated => stated,
    };
}
