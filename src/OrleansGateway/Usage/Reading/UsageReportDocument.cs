using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage.Reading;

/// <summary>
/// A report. <c>Zone</c> says where days begin; <c>By</c> what rows are for; <c>NextCursor</c> asks for the next page, and is none on the last; <c>Total</c> is of all pages.
/// <c>ExactFrom</c> is there if finer figures were purged: before it the report begins, ends and parts at whole hours or days in UTC.
/// </summary>
internal sealed record UsageReportDocument(
    DateTimeOffset From, DateTimeOffset To, string Step, string Zone, IReadOnlyList<string> By, IReadOnlyList<UsageRowDocument> Rows, UsageRowDocument Total, DateTimeOffset? ExactFrom,
    string? NextCursor)
{
    public static UsageReportDocument Of(UsageQuery query, UsageReport report, bool toTenant) => new(
        query.From, query.To, UsageWords.Of(query.Step), query.Zone.Id, [.. query.By.Select(UsageWords.Name)], [.. report.Rows.Select(r => UsageRowDocument.Of(r, query.By, toTenant))],
        UsageRowDocument.Of(report.Total, toTenant), report.ExactFrom, report.More ? (query.Offset + report.Rows.Count).ToString(CultureInfo.InvariantCulture) : null);
}

/// <summary>
/// Sums. <c>At</c> is the begin of the row's time and <c>Values</c> say whom it is for, where it was asked so. <c>Cost</c> is what providers charge, and <c>Billed</c> what the tenant
/// is billed, US dollars as exact decimals in texts; tenants are told the latter only.
/// <c>DurationMs</c> and <c>FirstByteMs</c> are means over attempts.
/// </summary>
internal sealed record UsageRowDocument(
    DateTimeOffset? At, IReadOnlyDictionary<string, string> Values, long Requests, long Attempts, long Failed, UsageTokensDocument Tokens, string Billed, long BilledNanoUsd,
    string? Cost, long? CostNanoUsd, UsageCostDocument? CostByClassNanoUsd, double? DurationMs, double? FirstByteMs)
{
    public static UsageRowDocument Of(in UsageSums sums, bool toTenant, DateTimeOffset? at = null, IReadOnlyDictionary<string, string>? values = null) => new(
        at, values ?? ReadOnlyDictionary<string, string>.Empty, sums.Requests, sums.Attempts, sums.Failed, UsageTokensDocument.Of(sums.Tokens),
        NanoUsd.Format(sums.Billed), sums.Billed, toTenant ? null : NanoUsd.Format(sums.Cost.Total), toTenant ? null : sums.Cost.Total, toTenant ? null : UsageCostDocument.Of(sums.Cost),
        sums.Attempts == 0 ? null : Milliseconds(sums.Duration / sums.Attempts), sums.FirstBytes == 0 ? null : Milliseconds(sums.ToFirstByte / sums.FirstBytes));

    public static UsageRowDocument Of(UsageRow row, IReadOnlyList<UsageDimension> by, bool toTenant)
    {
        var values = new Dictionary<string, string>(by.Count);
        for (var i = 0; i < by.Count; i++) values[UsageWords.Name(by[i])] = row.Values[i];
        return Of(row.Sums, toTenant, row.At, values);
    }

    public static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>Tokens by class. <c>Reasoning</c> is part of <c>Output</c>; audio and images are parts of <c>Input</c> and <c>Output</c>.</summary>
internal sealed record UsageTokensDocument(
    long Input, long CacheRead, long CacheWrite, [property: JsonPropertyName("cache_write_1h")] long CacheWrite1h, long Output, long Reasoning, long AudioInput, long AudioOutput, long ImageInput,
    long ImageOutput, long WebSearches)
{
    public static UsageTokensDocument Of(in TokenUsage tokens) => new(
        tokens.Input, tokens.CacheRead, tokens.CacheWrite, tokens.CacheWrite1h, tokens.Output, tokens.Reasoning, tokens.AudioInput, tokens.AudioOutput, tokens.ImageInput, tokens.ImageOutput,
        tokens.WebSearches);
}

/// <summary>A cost in nano-dollars, by class; the classes are apart.</summary>
internal sealed record UsageCostDocument(long Input, long CacheRead, long CacheWrite, long Output, long Reasoning, long Audio, long Image, long Tools, long Request)
{
    public static UsageCostDocument Of(in CostParts cost) =>
        new(cost.Input, cost.CacheRead, cost.CacheWrite, cost.Output, cost.Reasoning, cost.Audio, cost.Image, cost.Tools, cost.Request);
}

/// <summary>Some records; <c>NextCursor</c> asks for the next page, and is none on the last.</summary>
internal sealed record UsageRecordListDocument(IReadOnlyList<UsageRecordDocument> Records, string? NextCursor);

/// <summary>What a budget was charged for a record.</summary>
internal sealed record UsageChargeDocument(string Rule, string Scope, long Period, long AmountNanoUsd);

/// <summary>One record. <c>Source</c> says how its tokens are known; <c>PromptHash</c> is the same for requests of one tenant that are the same byte for byte.</summary>
internal sealed record UsageRecordDocument(
    Guid Id, string Kind, Guid? Corrects, DateTimeOffset At, string RequestId, int Attempt, bool IsLast, Guid Edge, string? Tenant, string? Team, string? User, string? Key, string? Route,
    string? Operation, string Dialect, bool Stream, string? Model, string? Provider, string? TargetModel, string? ResponseModel, string? UpstreamRequestId, UsageTokensDocument Tokens, string Source,
    string Billed, long BilledNanoUsd, string? Cost, long? CostNanoUsd, UsageCostDocument? CostByClassNanoUsd, string? PriceVersion, string? ServiceTier, string? ConfigVersion, IReadOnlyList<UsageChargeDocument> Charges, double QueuedMs,
    double ConnectedMs, double? FirstByteMs, double DurationMs, int Status, string? FinishReason, string? Error, string Outcome, string Cache, long SavedTokens, string Saved, string? PromptHash, IReadOnlyList<string> Tags,
    IReadOnlyDictionary<string, string> Metadata)
{
    public static UsageRecordDocument Of(UsageRecord r, bool toTenant) => new(
        r.Id, Word(r, UsageDimension.Kind), r.Corrects, r.At, r.RequestId, r.Attempt, r.IsLast, r.Edge, r.Tenant, r.Team, r.User, r.Key, r.Route, r.Operation, Word(r, UsageDimension.Dialect),
        r.IsStream, r.Model, r.Provider, r.TargetModel, r.ResponseModel, r.UpstreamRequestId, UsageTokensDocument.Of(r.Tokens), Word(r, UsageDimension.Source), NanoUsd.Format(r.Billed), r.Billed,
        toTenant ? null : NanoUsd.Format(r.Cost.Total), toTenant ? null : r.Cost.Total, toTenant ? null : UsageCostDocument.Of(r.Cost), r.PriceVersion, r.ServiceTier, r.ConfigVersion,
        [.. r.Charges.Select(c => new UsageChargeDocument(c.Account.Rule, c.Account.Scope, c.Period, c.Amount))], Milliseconds(r.Queued), Milliseconds(r.Connected),
        r.ToFirstByte is { } first ? Milliseconds(first) : null, Milliseconds(r.Duration), r.Status, r.FinishReason, r.Error, Word(r, UsageDimension.Outcome), Word(r, UsageDimension.Cache), r.SavedTokens, NanoUsd.Format(r.Saved),
        r.PromptHash?.ToString("x16", CultureInfo.InvariantCulture), r.Tags, LabelsOf(r));

    private static string Word(UsageRecord record, UsageDimension dimension) => UsageDimensions.Of(record, dimension);

    private static double Milliseconds(TimeSpan time) => UsageRowDocument.Milliseconds(time);

    // Of two that have one name the first counts: it is the key's own.
    private static Dictionary<string, string> LabelsOf(UsageRecord record)
    {
        var labels = new Dictionary<string, string>(record.Metadata.Count, StringComparer.Ordinal);
        foreach (var (name, value) in record.Metadata) labels.TryAdd(name, value);
        return labels;
    }
}
