using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Usage;

/// <summary>
/// Measures model calls, and writes down requests of callers that came to none. Stands outside the stages that may refuse or fail, so that an exception on its way out counts too.
/// </summary>
internal sealed class UsageStage(UsageMeter meter, GatewayMetrics metrics, TimeProvider time) : IStage
{
    public async ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        try
        {
            await next(exchange);
        }
        finally
        {
            // Looked at only now: it is a stage below that learns whether this is a model call.
            if (exchange.Call is { } call) Measure(exchange, call);
            else if (exchange.Caller is not null && IsMetered(exchange)) meter.Ended(exchange);
        }
    }

    /// <summary>Calls that were refused before they were read, and what routes to other upstreams are metered for. Lists of models use nothing.</summary>
    private static bool IsMetered(Exchange exchange) => exchange.Endpoint switch
    {
        ModelEndpoint { Action: ModelAction.ListModels or ModelAction.GetModel } => false,
        ModelEndpoint => true,
        _ => exchange.Route is { Settings.Usage: true },
    };

    private void Measure(Exchange exchange, CallFacts call)
    {
        TimeSpan? toFirstByte = call.FirstByteAt == 0 ? null : time.GetElapsedTime(exchange.StartedAt, call.FirstByteAt);
        metrics.CallEnded(exchange.Caller?.Tenant, exchange.Operation, call, time.GetElapsedTime(exchange.StartedAt), toFirstByte);
    }
}
