using System.Diagnostics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>What the span of a request says, by OpenTelemetry's conventions for HTTP servers. Never a body, a query or a credential.</summary>
internal static class HttpSpan
{
    private const int PathCharsMax = 1024;
    private const int TextCharsMax = 256;

    public static string Method(Exchange exchange) => GatewayMetrics.KnownMethod(exchange.Http.Request.Method);

    /// <summary>Says what became of the request, and ends its span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="exchange">The request, over.</param>
    /// <param name="status">Final status; 499 if the client left before there was one, which was never sent.</param>
    /// <param name="failed">Whether an exception ended it.</param>
    public static void End(Activity span, Exchange exchange, int status, bool failed)
    {
        var (http, method) = (exchange.Http, Method(exchange));
        span.SetTag("http.request.method", method);
        if (method == "_OTHER") span.SetTag("http.request.method_original", Cut(http.Request.Method, TextCharsMax));
        span.SetTag("url.scheme", exchange.ClientScheme);
        // Without the query, which may hold a key; as in the access log.
        span.SetTag("url.path", Cut(http.Request.Path.Value, PathCharsMax));
        span.SetTag("server.address", Cut(http.Request.Host.Host, TextCharsMax));
        span.SetTag("server.port", http.Request.Host.Port ?? http.Connection.LocalPort);
        if (exchange.ClientAddress is { } client) span.SetTag("client.address", (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).ToString());
        if (http.Request.Headers.UserAgent is { Count: > 0 } agent) span.SetTag("user_agent.original", Cut(agent.ToString(), TextCharsMax));
        if (status != AccessLogStage.ClientClosedRequest) span.SetTag("http.response.status_code", status);
        if (exchange.Route is { } route)
        {
            span.SetTag("http.route", route.Id);
            span.DisplayName = $"{method} {route.Id}";
        }

        if (exchange.Limits?.RefusedBy is { } rule) span.SetTag("gateway.limit.rule", rule);
        if (ErrorType(exchange, status, failed) is { } error) span.SetTag("error.type", error);
        // A client's own mistake is no error of the server's span; an answer that broke off is one, though its status was 200.
        if (failed || status >= 500 || exchange.Call?.Outcome is CallOutcome.UpstreamCut or CallOutcome.GatewayStopped) span.SetStatus(ActivityStatusCode.Error);
        span.Stop();
    }

    /// <summary>At most so many characters, and no half of a surrogate pair at the end.</summary>
    public static string? Cut(string? text, int charsMax)
    {
        if (text is null || text.Length <= charsMax) return text;
        return text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];
    }

    private static string? ErrorType(Exchange exchange, int status, bool failed) => exchange switch
    {
        { Refusal: { } refusal } => refusal.Code,
        { Call.Outcome: (CallOutcome.UpstreamCut or CallOutcome.ClientAborted or CallOutcome.GatewayStopped) and var outcome } => outcome.Word(),
        _ when status == AccessLogStage.ClientClosedRequest => CallOutcome.ClientAborted.Word(),
        _ when failed => "internal_error",
        _ => status >= 400 ? status.ToString(CultureInfo.InvariantCulture) : null,
    };
}
