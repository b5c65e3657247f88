using System.Diagnostics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>
/// Makes the spans of requests. Its source is listened to by reference, not by name: two gateways in one process do not mix their spans. What is not sampled
/// makes no span at all: that is most requests of a busy gateway, and a span costs several times what knowing its trace does.
/// </summary>
internal sealed class Tracing : IDisposable
{
    public const string SourceName = "OrleansGateway";

    private readonly ActivitySource _source;
    private readonly ActivityListener _listener;
    private readonly Random _random;

    /// <param name="version">Version of the gateway.</param>
    /// <param name="random">Draws the requests that are sampled.</param>
    /// <param name="ended">Takes each span that has ended. Must not wait.</param>
    public Tracing(string version, Random random, Action<Activity> ended)
    {
        _random = random;
        _source = new ActivitySource(SourceName, version);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, _source),
            // Whoever asks for a span has sampled already.
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>
    /// Joins the client's trace or begins one. The client's own decision whether to sample counts; else it is drawn. A <c>traceparent</c> that is not valid is
    /// none (W3C Trace Context §4.3).
    /// </summary>
    public RequestTrace Begin(Exchange exchange)
    {
        var headers = exchange.Http.Request.Headers;
        var fromClient = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var parent);
        var sampled = fromClient ? parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) : Draw(exchange.Snapshot.Settings.Telemetry.Traces.SampleRatio);
        if (sampled && _source.StartActivity(HttpSpan.Method(exchange), ActivityKind.Server, parent) is { } span) return new RequestTrace(span.Context, span, fromClient);
        var unrecorded = fromClient ? parent : new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None);
        return new RequestTrace(unrecorded, span: null, fromClient);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    // Chance has no say at the ends: 0 is none and 1 is all.
    private bool Draw(double ratio) => ratio >= 1 || (ratio > 0 && _random.NextDouble() < ratio);
}
