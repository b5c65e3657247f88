using System.Diagnostics;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>What a model call asked for and what became of it: for usage, the access log and metrics.</summary>
internal class CallFacts
{
    /// <summary>Name the client asked for, only once it is known to exist: labels of metrics are made of it.</summary>
    public required string Model { get; init; }

    public bool Stream { get; set; }

    /// <summary>Id of the provider that answered, or of the last one tried.</summary>
    public string? Provider { get; set; }

    /// <summary>The model's name at that provider.</summary>
    public string? TargetModel { get; set; }

    /// <summary>Where the attempt under way, or the last one, was sent; none if none was made.</summary>
    public Target? Target { get; set; }

    /// <summary>When that attempt began, as a timestamp of the time provider.</summary>
    public long AttemptAt { get; set; }

    /// <summary>How long the connection for it took to come about; zero if there was one.</summary>
    public TimeSpan Connected { get; set; }

    /// <summary>The service tier that its provider says it was served at; none for the standard one, or if it does not say.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>Status of its answer; 0 if none came.</summary>
    public int UpstreamStatus { get; set; }

    /// <summary>Whether its answer came to its end, as the provider meant it.</summary>
    public bool IsWhole { get; set; }

    /// <summary>What the model has said in that attempt, for where the provider does not count it; none if nothing was watched.</summary>
    public OutputText? Said { get; set; }

    /// <summary>Output tokens of that attempt that have come, at most; 0 if nothing was watched.</summary>
    public long OutputSeen { get; set; }

    /// <summary>Span of the attempt under way; none if it is not recorded.</summary>
    public Activity? Attempt { get; set; }

    /// <summary>The model that the provider says has answered; looked for only where a span tells it.</summary>
    public string? ResponseModel { get; set; }

    /// <summary>The provider's own id of the request, for its support.</summary>
    public string? UpstreamRequestId { get; set; }

    /// <summary>How many targets were tried.</summary>
    public int Attempts { get; set; }

    /// <summary>Whether any of them was sent the request.</summary>
    public bool WasSent { get; set; }

    /// <summary>Whether the last of them was.</summary>
    public bool AttemptWasSent { get; set; }

    /// <summary>Tokens as the provider reported them; none if it never did.</summary>
    public TokenUsage? Usage { get; set; }

    /// <summary>What an answer from the cache has saved; none if it came from a provider.</summary>
    public SavedUsage? Saved { get; set; }

    /// <summary>Why the model stopped, in the client's dialect; none if it did not say.</summary>
    public string? FinishReason { get; set; }

    /// <summary>When the first byte of the answer came, as a timestamp of the time provider; 0 if none did.</summary>
    public long FirstByteAt { get; set; }

    /// <summary>When the head of the last target's answer came, as a timestamp of the time provider; 0 if none did.</summary>
    public long HeadAt { get; set; }

    /// <summary>How the call ended.</summary>
    public CallOutcome Outcome { get; set; }
}

/// <summary>What a call would have used if no cache had answered it.</summary>
/// <param name="Tokens">Tokens of the answer, as its provider told them.</param>
/// <param name="Billed">What the tenant would have been billed, in nano-dollars.</param>
internal readonly record struct SavedUsage(TokenUsage Tokens, long Billed);

/// <summary>How a model call ended.</summary>
internal enum CallOutcome
{
    /// <summary>Turned away, or failed, before any of the answer reached the client.</summary>
    Refused,

    /// <summary>Answered to the end.</summary>
    Completed,

    /// <summary>The provider answered with an error, which the client got.</summary>
    UpstreamError,

    /// <summary>The provider broke off, or fell silent, after part of the answer had reached the client.</summary>
    UpstreamCut,

    /// <summary>The client went away.</summary>
    ClientAborted,

    /// <summary>The gateway stopped, and the time for requests in flight was up.</summary>
    GatewayStopped,
}
