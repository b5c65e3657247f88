using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>Makes records of what is known of requests and their attempts.</summary>
internal sealed class UsageRecords(UsageIds ids, Guid edge, TimeProvider time)
{
    /// <summary>An attempt after which another one is made.</summary>
    public UsageRecord OfAttempt(Exchange exchange, ModelCall call, in AttemptBill bill, in AttemptEnd end, IReadOnlyList<UsageCharge> charges) =>
        Of(exchange, call, bill, charges) with { IsLast = false, Status = end.Status, Error = end.Error, Outcome = CallOutcome.UpstreamError };

    /// <summary>A call, with its last attempt if there was one.</summary>
    public UsageRecord OfCall(Exchange exchange, ModelCall call, in AttemptBill bill, IReadOnlyList<UsageCharge> charges) =>
        Of(exchange, call, bill, charges) with { Status = StatusOf(exchange), Error = exchange.Refusal?.Code ?? call.End?.Error, Outcome = call.Outcome };

    /// <summary>A request of which no call became.</summary>
    public UsageRecord OfRequest(Exchange exchange) => Bare(exchange) with
    {
        Operation = exchange.Operation ?? "http",
        Duration = time.GetElapsedTime(exchange.StartedAt),
        ToFirstByte = exchange.Forward is { FirstByteAt: > 0 and var at } ? time.GetElapsedTime(exchange.StartedAt, at) : null,
        Attempt = exchange.Forward?.Attempts ?? 0,
        Status = StatusOf(exchange),
        Error = exchange.Refusal?.Code,
        Outcome = OutcomeOf(exchange),
        Cache = CacheOf(exchange),
    };

    private static UsageCache CacheOf(Exchange exchange) =>
        exchange.Cache.IsServed() ? UsageCache.Hit : exchange.Cache is CacheUse.None or CacheUse.Bypass ? UsageCache.None : UsageCache.Miss;

    private static CallOutcome OutcomeOf(Exchange exchange)
    {
        if (exchange.Forward is { } forward) return forward.Outcome;
        if (exchange.Refusal is not null || !exchange.Cache.IsServed()) return CallOutcome.Refused;
        return exchange.Aborted.IsCancellationRequested ? CallOutcome.ClientAborted : CallOutcome.Completed;
    }

    private UsageRecord Of(Exchange exchange, ModelCall call, in AttemptBill bill, IReadOnlyList<UsageCharge> charges)
    {
        var labels = call.Labels as CallLabels ?? CallLabels.None;
        var from = call.Attempts == 0 ? exchange.StartedAt : call.AttemptAt;
        return Bare(exchange) with
        {
            Attempt = call.Attempts,
            Operation = exchange.Operation,
            IsStream = call.Stream,
            Model = call.Model,
            Provider = call.Provider,
            TargetModel = call.TargetModel,
            ResponseModel = call.ResponseModel,
            UpstreamRequestId = call.UpstreamRequestId,
            Tokens = bill.Tokens,
            Source = bill.Source,
            Cost = bill.Cost,
            Billed = bill.Billed,
            ServiceTier = call.ServiceTier,
            PriceVersion = bill.Source == UsageSource.None ? null : call.Target?.Price?.Version,
            Charges = charges,
            Queued = time.GetElapsedTime(exchange.StartedAt, from),
            Connected = call.Connected,
            ToFirstByte = call.FirstByteAt >= from && call.FirstByteAt != 0 ? time.GetElapsedTime(from, call.FirstByteAt) : null,
            Duration = time.GetElapsedTime(from),
            FinishReason = call.FinishReason,
            Cache = CacheOf(exchange),
            SavedTokens = call.Saved is { Tokens: var tokens } ? tokens.TotalInput + tokens.Output : 0,
            Saved = call.Saved?.Billed ?? 0,
            PromptHash = PromptHash.Of(exchange.Caller?.Tenant, call.Body.Span),
            Tags = labels.Tags,
            Metadata = labels.WithCaller(exchange.Caller),
        };
    }

    private UsageRecord Bare(Exchange exchange)
    {
        var caller = exchange.Caller;
        return new UsageRecord
        {
            Id = ids.Next(),
            At = time.GetUtcNow(),
            RequestId = exchange.Id,
            Edge = edge,
            Tenant = caller?.Tenant,
            Team = caller?.Team,
            User = caller?.User,
            Key = caller?.KeyId,
            Route = exchange.Route?.Id,
            Dialect = exchange.Dialect,
            ConfigVersion = exchange.Snapshot.Version,
            Metadata = CallLabels.None.WithCaller(caller),
        };
    }

    // A refusal is written after this, by the stage that writes them all.
    private static int StatusOf(Exchange exchange) => exchange.Refusal?.Status ?? exchange.Http.Response.StatusCode;
}
