namespace OrleansGateway.Configuration;

/// <summary>What of a request decides which route takes it.</summary>
internal readonly struct RouteRequest
{
    /// <summary>As called, with its port if it has one.</summary>
    public required string Host { get; init; }

    public required string Method { get; init; }

    /// <summary>Decoded, dot segments taken out; encoded slashes stay encoded.</summary>
    public required string Path { get; init; }

    /// <summary>With its question mark; empty if there is none.</summary>
    public required string Query { get; init; }

    /// <summary>None for a preflight, which asks for another request whose header is not there yet.</summary>
    public required IHeaderDictionary? Headers { get; init; }

    /// <summary>Whether a route of the model API serves anything at the path.</summary>
    public required Func<Route, string, bool> ServesModels { get; init; }

    /// <summary>Where to put the methods of routes that match but for the method; none to look for a route.</summary>
    public ISet<string>? Allowed { get; init; }
}
