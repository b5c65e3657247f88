using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>A request to a route's upstream without a body, taken from a client's, whose connection may be another's before there is an answer.</summary>
internal sealed class OriginRequest
{
    private OriginRequest(Exchange exchange, string path)
    {
        (Route, Path, Method, Id, Trace) = (exchange.Route!, path, exchange.Http.Request.Method, exchange.Id, exchange.Trace);
        Hash = PoolHash.Of(Route.Upstream!.Settings.Hash, exchange.Http.Request, exchange.ClientAddress);
        Fields = RequestHead.Capture(exchange, Route);
    }

    public Route Route { get; }

    /// <summary>Path and query as they go out.</summary>
    public string Path { get; }

    public string Method { get; init; }

    /// <summary>Names the client's request in logs.</summary>
    public string Id { get; }

    public RequestTrace? Trace { get; }

    /// <summary>What the client's request hashes to; see <see cref="PoolHash"/>.</summary>
    public ulong Hash { get; }

    /// <summary>
    /// The head as it goes out, but for the trace and the route's own changes, which come last. Whoever asks may take fields out and put others in until it is sent.
    /// </summary>
    public List<KeyValuePair<string, string>> Fields { get; }

    /// <summary>Told of interim answers (1xx); none by default. Whoever sets it sees to it that the client is still there.</summary>
    public Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? Interim { get; set; }

    /// <summary>Takes it from a client's request.</summary>
    public static OriginRequest Of(Exchange exchange) => new(exchange, TargetPath.Of(exchange, exchange.Route!));

    /// <summary>Sets a field, in place of those of its name; none takes them out.</summary>
    public void Set(string name, string? value)
    {
        Fields.RemoveAll(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (value is not null) Fields.Add(new(name, value));
    }
}
