using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>Where answers of routes with an upstream come from: for clients as they ask (<see cref="PassAsync"/>), and for who asks on his own (<see cref="OriginFetch"/>).</summary>
internal sealed class Origin(UpstreamPools pools, Carriers carriers, AdaptiveGates gates, Readiness readiness, TimeProvider time, ILogger<Origin> log)
{
    private static readonly Refusal s_connect = new(405, "method_not_allowed", "CONNECT and TRACE are not passed on.");

    public UpstreamPools Pools => pools;

    public Carriers Carriers => carriers;

    public AdaptiveGates Gates => gates;

    public Readiness Readiness => readiness;

    public TimeProvider Time => time;

    public ILogger Log => log;

    /// <summary>Passes a client's request on to the upstream of its route, and the answer back.</summary>
    /// <param name="exchange">The client's request.</param>
    /// <param name="watch">Told of the answer; none if nobody is.</param>
    public ValueTask PassAsync(Exchange exchange, IAnswerWatch? watch = null)
    {
        var upgrade = Tunnel.AskedBy(exchange.Http);
        if (RefusalOf(exchange, upgrade) is not { } refusal) return new ClientForward(this, exchange, upgrade).RunAsync(watch);
        exchange.Forward = new ForwardFacts(exchange.Route!.Upstream!.Id);
        exchange.Refuse(refusal);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Most bytes of a request's body; none for a gRPC call where the route states none: a stream of messages may last, and each message has the upstream's own limit.
    /// </summary>
    public static long? BodyBytesMax(Exchange exchange)
    {
        var route = exchange.Route!;
        if (route.Settings.RequestBodyMax is { } stated) return stated.Bytes;
        return IsCall(exchange) ? null : exchange.Snapshot.Settings.Limits.RequestBodyMax.Bytes;
    }

    /// <summary>Whether it is a call of gRPC, to an upstream that can serve one: a client can call anything gRPC.</summary>
    public static bool IsCall(Exchange exchange) =>
        exchange.Route!.Upstream!.Settings.Protocol != UpstreamProtocol.Http1
        && (exchange.Http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>CONNECT asks for a tunnel to anywhere, but for RFC 8441's; TRACE shows a page what its browser hides from it.</summary>
    private static Refusal? RefusalOf(Exchange exchange, string? upgrade)
    {
        var request = exchange.Http.Request;
        if (HttpMethods.IsTrace(request.Method) || (HttpMethods.IsConnect(request.Method) && upgrade is null)) return s_connect;
        var bytesMax = BodyBytesMax(exchange);
        return request.ContentLength > bytesMax ? Refusal.BodyTooLarge(bytesMax.Value) : null;
    }
}
