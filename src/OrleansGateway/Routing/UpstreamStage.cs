using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Routing;

/// <summary>
/// Sends a model call to the targets of its model, one after the other until one answers. Last of the stages: all that may refuse has had its say.
/// </summary>
internal sealed class UpstreamStage(Attempts attempts, ICallMeter meter, GatewayMetrics metrics, Random random, TimeProvider time, ILogger<UpstreamStage> log) : IStage
{
    public async ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        if (exchange.Call is not ModelCall call)
        {
            await next(exchange);
            return;
        }

        var targets = call.Order ?? TargetOrder.Draw(call.Entry, random);
        Failure? last = null;
        foreach (var target in targets)
        {
            // After one that failed we are where its answer came in, and the request is now written anew.
            if (call.Attempts > 0) await SocketThreads.Leave();
            if (call.End is { } before) meter.Failed(exchange, call, before);
            call.Begin(target, time.GetTimestamp());
            var failure = exchange.Trace?.Span is null ? await attempts.RunAsync(exchange, call, target) : await TraceAsync(exchange, call, target);
            metrics.UpstreamAttempted(target.Provider.Id, OutcomeOf(failure));
            if (failure is null) return;
            call.End = new AttemptEnd(failure.Status ?? 0, failure.Refusal.Code, !failure.NotSent, failure.MayBeBilled);
            log.TargetFailed(exchange.Id, target.Provider.Id, target.Model, failure.Status ?? failure.Refusal.Status, failure.Refusal.Code);
            if (last is null || !failure.NotSent) last = failure;
            if (!failure.TryNext || exchange.Aborted.IsCancellationRequested) break;
        }

        await AnswerAsync(exchange, call, last!);
    }

    private async ValueTask<Failure?> TraceAsync(Exchange exchange, ModelCall call, Target target)
    {
        var address = target.Provider.Kind == ProviderKind.Fake ? null : new Uri(target.Provider.BaseUrl);
        call.Attempt = AttemptSpan.Begin(exchange, call, address);
        call.ResponseModel = null;
        var error = (string?)"internal_error";
        try
        {
            var failure = await attempts.RunAsync(exchange, call, target);
            error = failure?.Status?.ToString(CultureInfo.InvariantCulture) ?? failure?.Refusal.Code;
            return failure;
        }
        catch (OperationCanceledException) when (call.Outcome is CallOutcome.ClientAborted or CallOutcome.GatewayStopped)
        {
            error = null;
            throw;
        }
        finally
        {
            if (call.Attempt is { } span) AttemptSpan.End(span, call, error);
            call.Attempt = null;
        }
    }

    private static string OutcomeOf(Failure? failure) => failure switch
    {
        null => "answered",
        { TryNext: false } => "request_refused",
        { Refusal.Status: StatusCodes.Status504GatewayTimeout } => "timeout",
        _ => "failed",
    };

    /// <summary>All have failed: the client gets what the last one said, in its own words where those are the client's dialect too.</summary>
    private static async ValueTask AnswerAsync(Exchange exchange, ModelCall call, Failure failure)
    {
        if (failure.Status is not null) call.Outcome = CallOutcome.UpstreamError;
        if (failure.Answer is not { } answer)
        {
            exchange.Refuse(failure.Refusal);
            return;
        }

        var response = exchange.Http.Response;
        response.StatusCode = failure.Refusal.Status;
        response.ContentType = answer.ContentType;
        if (answer.RetryAfter is { } wait) response.Headers.RetryAfter = wait;
        response.ContentLength = answer.Body.Length;
        await response.BodyWriter.WriteAsync(answer.Body, exchange.Aborted);
    }
}

internal static partial class RoutingLog
{
    [LoggerMessage(1501, LogLevel.Warning, "Request {RequestId}: provider {Provider} did not serve {Model}: status {Status}, {Code}")]
    public static partial void TargetFailed(this ILogger log, string requestId, string provider, string model, int status, string code);
}
