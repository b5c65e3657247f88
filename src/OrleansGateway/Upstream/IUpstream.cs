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

/// <summary>The upstream could not be reached, or broke off.</summary>
internal sealed class UpstreamException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Whether the upstream cannot have acted on the request: no connection came about, or the peer's TCP never confirmed the request's head. Such a request may be
    /// sent again whatever its method (RFC 9110 §9.2.2).
    /// </summary>
    public bool NothingSent { get; init; }

    /// <summary>Whether our own limit of connections kept the request back, which says nothing of the upstream.</summary>
    public bool NoneFree { get; init; }

    /// <summary>
    /// Whether the request itself is at fault: its body broke off or is not as long as it says, or something in it cannot be sent. Nothing the upstream has to answer
    /// for, nor anything that another would do better.
    /// </summary>
    public bool RequestAtFault { get; init; }
}
