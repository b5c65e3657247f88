using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Auth;

/// <summary>
/// Asks a route's external service whether the request may pass. Runs after auth, for the service is told who calls; and before all that reads the
/// body or spends.
/// </summary>
internal sealed class ExternalAuthStage(ExternalAuthClient client, GatewayMetrics metrics, TimeProvider time, ILogger<ExternalAuthStage> log) : IStage
{
    private const int LabelCharsMax = 256;

    private static readonly Refusal NotAuthenticated = new(401, "external_auth_refused", "The authorization service of this path asks for other credentials.");
    private static readonly Refusal Forbidden = Refusal.Forbidden("external_auth_refused", "The authorization service of this path refuses this request.");
    private static readonly Refusal Unavailable = new(
        503, "external_auth_unavailable", "The authorization service of this path did not answer. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Route is { ExternalAuth: { } external } route ? AskAsync(exchange, route, external, next) : next(exchange);

    private async ValueTask AskAsync(Exchange exchange, Route route, ExternalAuthSettings external, Next next)
    {
        var startedAt = time.GetTimestamp();
        using var answer = await client.AskAsync(exchange, external);
        metrics.ExternallyAuthorized(route.Id, answer.Outcome, time.GetElapsedTime(startedAt));
        if (RefusalOf(exchange, route, external, answer) is { } refusal)
        {
            if (refusal.Status == StatusCodes.Status401Unauthorized) exchange.Http.Response.Headers.WWWAuthenticate = "Bearer";
            exchange.Refuse(refusal);
            return;
        }

        TakeLabels(exchange, external, answer);
        // Nothing more is read of the answer; its connection is free while the model answers.
        answer.Dispose();
        await SocketThreads.Leave();
        await next(exchange);
    }

    private Refusal? RefusalOf(Exchange exchange, Route route, ExternalAuthSettings external, ExternalAuthAnswer answer)
    {
        switch (answer.Outcome)
        {
            case ExternalAuthAnswer.Allowed:
                return null;
            case ExternalAuthAnswer.Denied:
                log.Denied(exchange.Id, route.Id, answer.Status);
                return answer.Status == StatusCodes.Status401Unauthorized ? NotAuthenticated : Forbidden;
            default:
                log.Unavailable(exchange.Id, route.Id, answer.Problem, external.OnFailure);
                return external.OnFailure == ExternalAuthFailure.Allow ? null : Unavailable;
        }
    }

    private static void TakeLabels(Exchange exchange, ExternalAuthSettings external, ExternalAuthAnswer answer)
    {
        if (external.HeadersFromAnswer.Count == 0 || answer.Outcome != ExternalAuthAnswer.Allowed || exchange.Caller is not { } caller) return;
        var labels = new Dictionary<string, string>();
        foreach (var name in external.HeadersFromAnswer)
        {
            if (answer.Header(name) is { } value) labels[name.ToLowerInvariant()] = value.Length <= LabelCharsMax ? value : value[..LabelCharsMax];
        }

        if (labels.Count > 0) exchange.Caller = caller.With(labels);
    }
}

internal static partial class ExternalAuthLog
{
    [LoggerMessage(1220, LogLevel.Debug, "Request {RequestId} is refused by the external service of route {Route} with {Status}")]
    public static partial void Denied(this ILogger log, string requestId, string route, int status);

    [LoggerMessage(1221, LogLevel.Warning, "The external service of route {Route} failed for request {RequestId}: {Reason}; on failure: {Policy}")]
    public static partial void Unavailable(this ILogger log, string requestId, string route, string reason, ExternalAuthFailure policy);
}
