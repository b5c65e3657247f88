using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>Gives each request its span. Outside all other stages: the access log names the trace, and the span sees the final status.</summary>
internal sealed class TracingStage(OtlpExport export) : IStage
{
    private readonly Tracing? _tracing = export.Tracing;

    public ValueTask InvokeAsync(Exchange exchange, Next next) => _tracing is null ? next(exchange) : TraceAsync(_tracing, exchange, next);

    private static async ValueTask TraceAsync(Tracing tracing, Exchange exchange, Next next)
    {
        exchange.Trace = tracing.Begin(exchange);
        var failed = true;
        try
        {
            await next(exchange);
            failed = false;
        }
        finally
        {
            if (exchange.Trace.Span is { } span) HttpSpan.End(span, exchange, AccessLogStage.StatusOf(exchange, failed), failed);
        }
    }
}
