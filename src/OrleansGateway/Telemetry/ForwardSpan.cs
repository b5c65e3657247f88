using System.Diagnostics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>The span of one attempt at a target of an upstream, by OpenTelemetry's conventions for HTTP clients.</summary>
internal static class ForwardSpan
{
    /// <summary>Begins the span; none if the request is not recorded.</summary>
    /// <param name="trace">The trace that the request belongs to; none while tracing is off.</param>
    /// <param name="sent">Its method.</param>
    /// <param name="target">The target.</param>
    /// <param name="attempt">Which attempt it is, from 1.</param>
    public static Activity? Begin(RequestTrace? trace, string sent, Uri target, int attempt)
    {
        if (trace?.Span is not { } request) return null;
        var method = GatewayMetrics.KnownMethod(sent);
        var span = request.Source.StartActivity(method, ActivityKind.Client, request.Context);
        if (span is null) return null;
        span.SetTag("http.request.method", method);
        span.SetTag("server.address", target.IdnHost);
        span.SetTag("server.port", target.Port);
        if (attempt > 1) span.SetTag("http.request.resend_count", attempt - 1);
        return span;
    }

    /// <summary>Ends the span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="status">Status of the answer; none if none came.</param>
    /// <param name="error">What went wrong; none if nothing did, or the client broke off.</param>
    public static void End(Activity span, int? status, string? error)
    {
        if (status is { } code) span.SetTag("http.response.status_code", code);
        error ??= status >= 400 ? status.Value.ToString(CultureInfo.InvariantCulture) : null;
        if (error is not null) span.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        span.Stop();
    }
}
