namespace OrleansGateway.Configuration;

/// <summary>A field of the access log, by its name there. docs/telemetry.md says what each holds.</summary>
public enum AccessField
{
#pragma warning disable CS1591 // Each is what its name says; the table in docs/telemetry.md is the one place that says more.
    Timestamp, RequestId, TraceId, SpanId, ConfigVersion, Client, Method, Path, Status, DurationMs, TimeToFirstByteMs, BytesIn, BytesOut, Route,
    Tenant, Team, User, KeyId, Metadata, Model, Stream, Provider, TargetModel, UpstreamRequestId, Upstream, UpstreamTarget, Attempts, Outcome, FinishReason,
    InputTokens, CacheReadTokens, CacheWriteTokens, OutputTokens, ReasoningTokens, HeldUsd, CostUsd, LimitedBy, Cache, Error, UserAgent,
#pragma warning restore CS1591
}
