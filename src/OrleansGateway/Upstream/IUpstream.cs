namespace OrleansGateway.Upstream;

/// <summary>A way to send one request and read its answer as it comes. The seam between what is sent and what carries it.</summary>
internal interface IUpstream
{
    /// <summary>
    /// Sends and returns once the head of the answer is there. Throws <see cref="UpstreamException"/> if there is none, and
    /// <see cref="OperationCanceledException"/> if cancelled; either way the connection is given back or closed.
    /// </summary>
    ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation);
}

/// <summary>A request on its way upstream.</summary>
internal sealed class UpstreamRequest
{
    public required HttpMethod Method { get; init; }
    public required Uri Uri { get; init; }
    public List<KeyValuePair<string, string>> Headers { get; } = [];

    /// <summary>JSON. Must stay as it is until <see cref="BodySent"/> has completed.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>
    /// Completes when the body is read no more. A provider may answer before it has the whole request, and a request that is cancelled may still be on its way
    /// out: a buffer that went to another request before this would send that one's bytes.
    /// </summary>
    public Task BodySent { get; set; } = Task.CompletedTask;

    /// <summary>Time to open a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; }

    /// <summary>Told of interim answers (1xx) as they come: status and headers. Only of HTTP/1.1 upstreams; none by default, which drops them.</summary>
    public Action<int, IReadOnlyList<KeyValuePair<string, string>>>? Interim { get; init; }
}

/// <summary>An answer whose head has come and whose body is read as it comes. Disposing of it before its end closes the connection.</summary>
internal abstract class UpstreamResponse : IAsyncDisposable
{
    public abstract int Status { get; }

    /// <summary>First value of a header of the answer, content headers included; none if it is not there.</summary>
    public abstract string? Header(string name);

    /// <summary>
    /// Reads what has come, at least one byte; 0 at the proper end. An end that is not proper (a length not reached, a chunked body without its last
    /// chunk) throws <see cref="UpstreamException"/>.
    /// </summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>
    /// Says that the answer is over by its own word, before its end was read. What is left of its framing may then be awaited once it is disposed of, and the
    /// connection be used again.
    /// </summary>
    public virtual void ExpectNoMore()
    {
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>The upstream could not be reached, or broke off.</summary>
internal sealed class UpstreamException(string message, Exception? inner = null) : Exception(message, inner);
