using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>Records what became of each request: the HTTP metrics and one line of the access log. Outside the stages that answer, for it needs the final status.</summary>
internal sealed class AccessLogStage(AccessLog log, GatewayMetrics metrics, Readiness readiness, TimeProvider time) : IStage
{
    /// <summary>Status of a client that left before there was an answer, as nginx logs it. Never sent.</summary>
    public const int ClientClosedRequest = 499;

    public async ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        metrics.RequestStarted(exchange.Http.Request.Method);
        var failed = true;
        try
        {
            await next(exchange);
            failed = false;
        }
        finally
        {
            Record(exchange, failed);
        }
    }

    private void Record(Exchange exchange, bool failed)
    {
        // Whoever reads the record must not take our own cut for a client that left.
        if (readiness.IsCuttingOff && exchange is { Aborted.IsCancellationRequested: true, Refusal: null, Call: null or { Outcome: not CallOutcome.Completed } })
            exchange.Refuse(Refusal.GatewayStopped);
        var status = StatusOf(exchange, failed);
        var endedAt = time.GetTimestamp();
        metrics.RequestEnded(exchange.Http.Request.Method, exchange.Route?.Id, status, time.GetElapsedTime(exchange.StartedAt, endedAt));
        if (exchange.Refusal is { } refusal) metrics.Refused(refusal.Code);

        var output = exchange.Snapshot.Settings.AccessLog.Output;
        if (output == "off") return;
        var line = log.Rent();
        line.Write(exchange, status, time, endedAt);
        log.Post(line, output);
    }

    // What has been sent stands. Of the rest, nothing was sent: the client left, or the server answers an exception with 500 after us.
    public static int StatusOf(Exchange exchange, bool failed) => exchange.Http.Response switch
    {
        { HasStarted: true } sent => sent.StatusCode,
        _ when exchange.Refusal == Refusal.GatewayStopped => Refusal.GatewayStopped.Status,
        _ when exchange.Aborted.IsCancellationRequested => ClientClosedRequest,
        _ when failed => StatusCodes.Status500InternalServerError,
        var unsent => unsent.StatusCode,
    };
}
