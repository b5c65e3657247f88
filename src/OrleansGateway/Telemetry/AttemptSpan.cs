using System.Diagnostics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>The span of one attempt at a provider, by OpenTelemetry's conventions for clients of generative AI. Never a prompt, an answer or a key.</summary>
internal static class AttemptSpan
{
    private const int TextCharsMax = 256;

    /// <summary>Begins the span of the attempt that the facts of the call name; none if the request is not recorded.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="call">Provider and model of the attempt.</param>
    /// <param name="address">Where the provider is; none if it is not reached by a network.</param>
    public static Activity? Begin(Exchange exchange, CallFacts call, Uri? address)
    {
        if (exchange.Trace?.Span is not { } request) return null;
        // Kept to the parent by its context, not by what is current: a listener of another's could have changed that.
        var span = request.Source.StartActivity($"{exchange.Operation} {call.TargetModel}", ActivityKind.Client, request.Context);
        if (span is null) return null;
        span.SetTag("gen_ai.operation.name", exchange.Operation);
        span.SetTag("gen_ai.provider.name", call.Provider);
        span.SetTag("gen_ai.request.model", call.TargetModel);
        if (address is null) return span;
        span.SetTag("server.address", address.IdnHost);
        span.SetTag("server.port", address.Port);
        return span;
    }

    /// <summary>Says what became of the attempt, and ends its span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="call">The facts of the call as the attempt left them.</param>
    /// <param name="error">Code of the failure after which nothing has reached the client; none if something has.</param>
    public static void End(Activity span, CallFacts call, string? error)
    {
        // What an earlier attempt left in the facts is not this one's: only one that reached the client can have said it all.
        if (error is null) Describe(span, call);
        error ??= call.Outcome is CallOutcome.UpstreamCut or CallOutcome.ClientAborted or CallOutcome.GatewayStopped ? call.Outcome.Word() : null;
        if (error is not null) span.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        span.Stop();
    }

    private static void Describe(Activity span, CallFacts call)
    {
        if (call.ResponseModel is { } model) span.SetTag("gen_ai.response.model", HttpSpan.Cut(model, TextCharsMax));
        if (call.FinishReason is { } reason) span.SetTag("gen_ai.response.finish_reasons", new[] { HttpSpan.Cut(reason, TextCharsMax) });
        if (call.Usage is not { } usage) return;
        span.SetTag("gen_ai.usage.input_tokens", usage.TotalInput);
        span.SetTag("gen_ai.usage.output_tokens", usage.Output);
    }
}
