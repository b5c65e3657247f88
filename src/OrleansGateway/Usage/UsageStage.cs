using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Usage;

/// <summary>
/// Books what a model call consumed, however it ended. Stands outside the stages that may refuse or fail, so that an exception on its way out is
/// booked too: what a client that hung up consumed is accounted for.
/// </summary>
internal sealed class UsageStage(GatewayMetrics metrics, TimeProvider time) : IStage
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
            if (exchange.Call is { } call) Book(exchange, call);
        }
    }

    private void Book(Exchange exchange, CallFacts call)
    {
        TimeSpan? toFirstByte = call.FirstByteAt == 0 ? null : time.GetElapsedTime(exchange.StartedAt, call.FirstByteAt);
        metrics.CallEnded(exchange.Caller?.Tenant, exchange.Operation, call, time.GetElapsedTime(exchange.StartedAt), toFirstByte);
    }
}
