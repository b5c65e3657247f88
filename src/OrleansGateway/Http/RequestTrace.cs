using System.Diagnostics;

namespace OrleansGateway.Http;

/// <summary>The trace that a request belongs to, while tracing is on.</summary>
/// <param name="context">Trace and span: the request's own where it is recorded, else what the client sent, else made up so that those after us do not record it either.</param>
/// <param name="span">The request's span; none if it is not recorded.</param>
/// <param name="fromClient">Whether the context is the client's, whose headers can be passed on as they are.</param>
internal sealed class RequestTrace(ActivityContext context, Activity? span, bool fromClient)
{
    public ActivityTraceId TraceId => context.TraceId;

    public Activity? Span => span;

    /// <summary>
    /// What the next one is told in <c>traceparent</c> and <c>tracestate</c> (W3C Trace Context), if it is not what the client sent: the attempt's span, or
    /// that nothing is recorded.
    /// </summary>
    public (string Parent, string? State)? Onward(Activity? attempt)
    {
        if (attempt is not null) return (attempt.Id!, attempt.TraceStateString);
        return fromClient ? null : ($"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-00", null);
    }
}
