namespace OrleansGateway.Upstream.Http1;

/// <summary>What goes wrong with an upstream, in words that a client may read: no address, nothing the upstream sent.</summary>
internal static class Http1Fault
{
    public static UpstreamException NotSendable(string what) => new($"the request cannot be sent: {what}") { NothingSent = true, RequestAtFault = true };

    public static UpstreamException TrailerNotSendable(string what) => new($"the request cannot be sent: {what}") { RequestAtFault = true };

    public static UpstreamException NotHttp(string why) => new($"its answer is not valid HTTP: {why}");

    public static UpstreamException Unanswered(bool nothingSent) => new("it closed the connection before it answered") { NothingSent = nothingSent };

    public static UpstreamException NoneFree(int connectionsMax) => new($"all {connectionsMax} connections to it are in use") { NothingSent = true, NoneFree = true };

    public static UpstreamException CutOff(Exception? inner = null) => new("it broke off in the middle of its answer", inner);
}
