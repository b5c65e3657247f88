namespace OrleansGateway.Upstream;

/// <summary>What goes wrong in the platform's client, in words for the client: no address, no name of ours.</summary>
internal static class HttpFault
{
    /// <summary>RFC 9113 §7: the peer has done nothing with the stream.</summary>
    private const long RefusedStream = 7;

    /// <summary>What a failure to get an answer means; none if it is no failure of the upstream or the body.</summary>
    /// <param name="failed">The failure; not because the caller cancelled.</param>
    /// <param name="body">What is wrong with the body, if anything is.</param>
    /// <param name="connectTimeout">How long connecting may take.</param>
    public static UpstreamException? Of(Exception failed, UpstreamException? body, TimeSpan connectTimeout)
    {
        if (body is not null) return body;
        if (Own(failed) is { } own) return new UpstreamException(own.Message, failed) { NothingSent = own.NothingSent };
        if (failed is OperationCanceledException) return new UpstreamException($"no connection within {connectTimeout.TotalSeconds:0.###} s", failed) { NothingSent = true };
        return failed is HttpRequestException http ? new UpstreamException(Describe(http), http) { NothingSent = IsNothingSent(http) } : null;
    }

    /// <summary>What our own connecting said.</summary>
    private static UpstreamException? Own(Exception failed)
    {
        for (var cause = failed; cause is not null; cause = cause.InnerException)
        {
            if (cause is UpstreamException own) return own;
        }

        return null;
    }

    private static bool IsNothingSent(HttpRequestException failed) =>
        failed.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError
        || failed.InnerException is HttpProtocolException { ErrorCode: RefusedStream };

    private static string Describe(HttpRequestException failed) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name does not resolve",
        HttpRequestError.ConnectionError => "the connection was refused or broke",
        HttpRequestError.SecureConnectionError => "no secure connection could be made",
        HttpRequestError.ProxyTunnelError => "the proxy does not lead to it",
        HttpRequestError.VersionNegotiationError => "it does not speak the protocol that is configured",
        HttpRequestError.ResponseEnded => "it closed the connection before it answered",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "its answer is not valid HTTP",
        _ => "the connection failed",
    };
}
