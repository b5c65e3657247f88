using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage;

/// <summary>
/// What one attempt used and cost; also what a refusal, or an answer from the cache, did not. Written once and never changed: what was wrong about it is mended by another record.
/// One call's records are written together, before its hold is settled, so that the ledger never knows of money that no record explains.
/// </summary>
internal sealed record UsageRecord
{
    /// <summary>Names the record for ever; a second one with it is the same one, and changes nothing.</summary>
    public required Guid Id { get; init; }

    public UsageKind Kind { get; init; }

    /// <summary>Of a correction: the record whose price was wrong. None for all others.</summary>
    public Guid? Corrects { get; init; }

    /// <summary>When the attempt ended, to the microsecond. Reports count it then.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The request's id, as its client has it (<c>x-request-id</c>).</summary>
    public required string RequestId { get; init; }

    /// <summary>Which attempt of the request, from 1; 0 if none was made.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether it is the last of its request: of those there is one each, so that they count requests.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>The edge that wrote it: its session.</summary>
    public Guid Edge { get; init; }

    public string? Tenant { get; init; }
    public string? Team { get; init; }
    public string? User { get; init; }

    /// <summary>Id of the key; <c>jwt:</c> and the issuer's id for a token.</summary>
    public string? Key { get; init; }

    public string? Route { get; init; }

    /// <summary><c>chat</c>, <c>embeddings</c> … as OpenTelemetry's <c>gen_ai.operation.name</c>; <c>http</c> for requests that are no model calls.</summary>
    public string? Operation { get; init; }

    /// <summary>What the client spoke.</summary>
    public Dialect Dialect { get; init; }

    public bool IsStream { get; init; }

    /// <summary>The model asked for.</summary>
    public string? Model { get; init; }

    /// <summary>The provider that was asked; none if none was.</summary>
    public string? Provider { get; init; }

    /// <summary>The model that the provider was asked for.</summary>
    public string? TargetModel { get; init; }

    /// <summary>The model that the provider says has answered; none if it did not say.</summary>
    public string? ResponseModel { get; init; }

    /// <summary>The provider's own id of the request.</summary>
    public string? UpstreamRequestId { get; init; }

    public TokenUsage Tokens { get; init; }

    /// <summary>How the tokens are known.</summary>
    public UsageSource Source { get; init; }

    /// <summary>What it cost, by class; the sum is what is billed. Of a correction: the difference, which may be negative.</summary>
    public CostParts Cost { get; init; }

    /// <summary>What the tenant is billed, in nano-dollars: the cost, unless the tenant has prices of its own. Budgets count this.</summary>
    public long Billed { get; init; }

    /// <summary>The prices it was reckoned with: the price book's version, or <c>config</c> and the configuration's version for one that the operator states; none if there was no price.</summary>
    public string? PriceVersion { get; init; }

    /// <summary>The service tier that the price is of (<c>batch</c>, <c>flex</c>, <c>priority</c>); none for the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Version of the configuration that served it.</summary>
    public string? ConfigVersion { get; init; }

    /// <summary>What budgets were charged: each account, in the period of its lease.</summary>
    public IReadOnlyList<UsageCharge> Charges { get; init; } = [];

    /// <summary>From the request's arrival to the attempt's beginning.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Until a new connection to the provider was open, TLS included; zero if there was one. Of a provider behind a proxy that is asked in clear, zero.</summary>
    public TimeSpan Connected { get; init; }

    /// <summary>From the attempt's beginning to the first byte of its answer; none if none came.</summary>
    public TimeSpan? ToFirstByte { get; init; }

    /// <summary>From the attempt's beginning to its end; of a request without an attempt, from its arrival.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Status that the client got if this was the last attempt, else that of the provider; 0 if there was none.</summary>
    public int Status { get; init; }

    /// <summary>Why the model stopped, in the client's dialect.</summary>
    public string? FinishReason { get; init; }

    /// <summary>The refusal's code, or what went wrong with the attempt; none if nothing did.</summary>
    public string? Error { get; init; }

    public CallOutcome Outcome { get; init; }

    public UsageCache Cache { get; init; }

    /// <summary>Tokens of an answer that came from the cache: no provider was asked for them, and they are in no other figure.</summary>
    public long SavedTokens { get; init; }

    /// <summary>What the tenant would have been billed for it, in nano-dollars.</summary>
    public long Saved { get; init; }

    /// <summary>Tells requests of one tenant that are the same, byte for byte (<see cref="Usage.PromptHash"/>); none for what has no body.</summary>
    public long? PromptHash { get; init; }

    /// <summary>Words of the caller's own by which reports may be grouped. At most 16, of 64 characters each.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Names and values of the caller's own, and of its key. At most 16 of 64 and 512 characters.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];
}

internal enum UsageKind : byte
{
    /// <summary>An attempt, or a request that none was made for.</summary>
    Attempt,

    /// <summary>The difference that another price makes for an earlier record.</summary>
    Correction,

    /// <summary>What a request has cost whose edge died before it could say so: found in its journal, or told by an operator.</summary>
    Evidence,
}

internal enum UsageCache : byte
{
    /// <summary>No cache was asked.</summary>
    None,
    Miss,
    Hit,
}
