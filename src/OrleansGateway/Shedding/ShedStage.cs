using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Shedding;

/// <summary>
/// Refuses requests that there is no room for, the least important first. Stands right behind the route, which says how important it is: before anything is
/// spent on the request, for refusing must cost less than serving.
/// </summary>
internal sealed class ShedStage(Overload overload, GatewayMetrics metrics, Random random) : IStage
{
    /// <summary>Clients are told to wait 1 s to this many, each its own time: those refused together should not come back together.</summary>
    private const int RetryAfterSecondsMax = 5;

    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        var priority = exchange.Route!.Settings.Priority;
        if (!overload.Refuses(priority, exchange.Snapshot.Settings.Overload)) return next(exchange);
        metrics.Shed(Word(priority));
        exchange.Refuse(Refusal.Overloaded(TimeSpan.FromSeconds(random.Next(1, RetryAfterSecondsMax + 1))));
        return ValueTask.CompletedTask;
    }

    private static string Word(RoutePriority priority) => priority switch
    {
        RoutePriority.Low => "low",
        RoutePriority.Normal => "normal",
        _ => "high",
    };
}
