using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>A request on its way upstream. Its body is either whole (<see cref="Body"/>) or comes as a stream (<see cref="Stream"/>).</summary>
internal sealed class UpstreamRequest
{
    public required HttpMethod Method { get; init; }

    /// <summary>Scheme, host and port say whom to ask; path and query, what for, unless <see cref="Target"/> does.</summary>
    public required Uri Uri { get; init; }

    /// <summary>Path and query as they go out, character by character; none if those of <see cref="Uri"/> do.</summary>
    public string? Target { get; init; }

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    /// <summary>Must stay as it is until <see cref="BodySent"/> has completed. JSON, if no header says otherwise.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body, if it passes through; none if <see cref="Body"/> is all there is.</summary>
    public RequestStream? Stream { get; init; }

    /// <summary>
    /// Completes when the body is read no more. An upstream may answer before it has the whole request, and a request that is cancelled may still be on its way
    /// out: a buffer that went to another request before this would send that one's bytes.
    /// </summary>
    public Task BodySent { get; set; } = Task.CompletedTask;

    /// <summary>How long it took to open a connection for it, or to fail to, TLS included; zero if one was open. Known once it has an answer, or has none.</summary>
    public TimeSpan Connected { get; set; }

    /// <summary>Protocol asked for in <c>Upgrade</c>; none if none is. If the upstream agrees, the answer is 101 and has <see cref="UpstreamResponse.Upgraded"/>.</summary>
    public string? Upgrade { get; init; }

    /// <summary>
    /// Told of interim answers (1xx) as they come, but 101; the next is read once it has returned. Only of HTTP/1.1 upstreams; none by default, which drops them.
    /// </summary>
    public Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? Interim { get; init; }

    /// <summary>How the upstream is reached.</summary>
    public UpstreamAccess Access { get; init; } = UpstreamAccess.Default;

    /// <summary>Time to open a connection, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; }
}

/// <summary>How an upstream is reached: connections are shared only by requests with the same.</summary>
/// <param name="Protocol">What is spoken; none for what both ends agree on (HTTP/2 or 1.1 over TLS, 1.1 without).</param>
/// <param name="Tls">Of addresses with <c>https</c>.</param>
/// <param name="Proxy">HTTP proxy in between; none for none.</param>
/// <param name="ConnectionsMax">Most connections to one address; a request that finds none throws <see cref="UpstreamException"/> with <c>NothingSent</c>. Only of HTTP/1.1.</param>
/// <param name="UnknownCodings">What is done with answers in codings that nobody knows. Only of HTTP/1.1.</param>
internal sealed record UpstreamAccess(
    UpstreamProtocol? Protocol, UpstreamTlsSettings Tls, Uri? Proxy = null, int ConnectionsMax = int.MaxValue, UnknownTransferCodings UnknownCodings = UnknownTransferCodings.Refuse)
{
    public static UpstreamAccess Default { get; } = new(null, new UpstreamTlsSettings());
}
