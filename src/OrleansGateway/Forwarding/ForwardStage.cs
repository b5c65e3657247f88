using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>
/// Passes a request on to the upstream of its route. Last of the stages for such routes: all that may refuse has had its say. Routes of the model API pass through.
/// </summary>
internal sealed class ForwardStage(UpstreamPools pools, Carriers carriers, AdaptiveGates gates, Readiness readiness, TimeProvider time, ILogger<ForwardStage> log) : IStage
{
    private static readonly Refusal s_busy = new(
        503, "upstream_busy", "The upstream of this path has as many requests as it can take now. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly Refusal s_connect = new(405, "method_not_allowed", "CONNECT and TRACE are not passed on.");

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Route is { Upstream: { } pool } ? ForwardAsync(exchange, pools.Of(pool)) : next(exchange);

    private async ValueTask ForwardAsync(Exchange exchange, PoolState pool)
    {
        exchange.Forward = new ForwardFacts(pool.Id);
        var upgrade = Tunnel.AskedBy(exchange.Http);
        if (RefusalOf(exchange, upgrade) is { } refusal)
        {
            exchange.Refuse(refusal);
            return;
        }

        var adaptive = exchange.Route!.Upstream!.Settings.AdaptiveConcurrency;
        var gate = adaptive is null ? null : gates.OfUpstream(pool.Id);
        if (gate?.TryEnter(adaptive!) is false)
        {
            exchange.Refuse(s_busy);
            return;
        }

        pool.RequestBegan();
        try
        {
            await new Forward(exchange, pool, upgrade, carriers, readiness, time, log).RunAsync(TargetPath.Of(exchange, exchange.Route!));
        }
        finally
        {
            pool.RequestEnded();
            gate?.Leave(SignalOf(exchange.Forward), time.GetElapsedTime(exchange.Forward.SentAt, exchange.Forward.FirstByteAt));
        }
    }

    private static AdaptiveSignal SignalOf(ForwardFacts facts) =>
        facts.IsOverloaded ? AdaptiveSignal.Overloaded : facts.FirstByteAt != 0 ? AdaptiveSignal.Answered : AdaptiveSignal.Unknown;

    /// <summary>CONNECT asks for a tunnel to anywhere, but for RFC 8441's; TRACE shows a page what its browser hides from it.</summary>
    private static Refusal? RefusalOf(Exchange exchange, string? upgrade)
    {
        var request = exchange.Http.Request;
        if (HttpMethods.IsTrace(request.Method) || (HttpMethods.IsConnect(request.Method) && upgrade is null)) return s_connect;
        var bytesMax = BodyBytesMax(exchange);
        return request.ContentLength > bytesMax ? Refusal.BodyTooLarge(bytesMax.Value) : null;
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
}
