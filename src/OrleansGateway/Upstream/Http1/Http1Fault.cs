namespace OrleansGateway.Upstream.Http1;

/// <summary>What goes wrong with an upstream, in words that a client may read: no address, nothing the upstream sent.</summary>
internal static class Http1Fault
{
    public static UpstreamException NotSendable(string what) => new($"the request cannot be sent: {what}");

    public static UpstreamException NotHttp(string why) => new($"its answer is not valid HTTP: {why}");

    public static UpstreamException Unanswered() => new("it closed the connection before it answered");

    public static UpstreamException CutOff(Exception? inner = null) => new("it broke off in the middle of its answer", inner);
}
