using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Shedding;

/// <summary>
/// While the gateway is about to stop, asks clients to bring their next request elsewhere. Outside all stages that answer, for every answer says so. HTTP/2 has
/// no such field (RFC 9113 §8.2.2); its clients are told when the listeners stop.
/// </summary>
internal sealed class DrainStage(Readiness readiness) : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        if (readiness.IsDraining && IsHttp1(exchange.Http.Request.Protocol)) exchange.Http.Response.Headers.Connection = "close";
        return next(exchange);
    }

    private static bool IsHttp1(string protocol) => HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol);
}
