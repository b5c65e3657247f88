using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>The words for a call's outcome in logs and metrics. They are part of the API and never change.</summary>
internal static class OutcomeWords
{
    public static string Word(this CallOutcome outcome) => outcome switch
    {
        CallOutcome.Refused => "refused",
        CallOutcome.Completed => "completed",
        CallOutcome.UpstreamError => "upstream_error",
        CallOutcome.UpstreamCut => "upstream_cut",
        CallOutcome.ClientAborted => "client_aborted",
        CallOutcome.GatewayStopped => "gateway_stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "An outcome without a word."),
    };
}
