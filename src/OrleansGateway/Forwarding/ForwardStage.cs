using OrleansGateway.Http;

namespace OrleansGateway.Forwarding;

/// <summary>
/// Passes a request on to the upstream of its route. Last of the stages for such routes: all that may refuse has had its say. Routes of the model API pass through.
/// </summary>
internal sealed class ForwardStage(Origin origin) : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Route is { Upstream: not null } ? origin.PassAsync(exchange) : next(exchange);
}
