using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Caching.Reading;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Admin;

/// <summary>
/// A key as the admin API shows it. <c>Status</c> is <c>active</c>, <c>expired</c> or <c>revoked</c>. <c>Secret</c> is the key's text, called <c>key</c>
/// in JSON: in the answer that made it and never again. <c>PreviousUntil</c> is when the text before the last rotation is refused.
/// </summary>
internal sealed record KeyDocument(
    string Id,
    [property: JsonPropertyName("key")] string? Secret,
    string Display,
    string Status,
    string? Name,
    string Tenant,
    string? Team,
    string? User,
    IReadOnlyList<string> Models,
    IReadOnlyList<string> Routes,
    IReadOnlyList<string> IpRanges,
    IReadOnlyDictionary<string, string> Metadata,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? PreviousUntil)
{
    public static KeyDocument Of(Key key, DateTimeOffset now, string? secret = null) => new(
        key.Id,
        secret,
        key.Display,
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : "active",
        key.Name,
        key.Tenant,
        key.Team,
        key.User,
        key.Models,
        key.Routes,
        [.. key.IpRanges.Select(r => r.ToString())],
        key.Metadata,
        key.CreatedAt,
        key.ExpiresAt,
        key.RevokedAt,
        key.RevokedAt is null ? key.PreviousUntil : null);

    // A record prints its members, and one of them is a secret.
    public override string ToString() => Id;
}

/// <summary>Some keys; <c>NextCursor</c> asks for the next page, and is none on the last.</summary>
internal sealed record KeyListDocument(IReadOnlyList<KeyDocument> Keys, string? NextCursor);

/// <summary>How to rotate a key. <c>Grace</c> is a text such as <c>24h</c>, or a number of seconds.</summary>
internal sealed record RotateDocument(JsonElement? Grace);

/// <summary>
/// The configuration in force, and what was wrong with the last one that was refused. <c>Origin</c> is <c>file</c>, <c>cluster</c>, or <c>kept</c> on a node that has not seen its cluster's
/// store since its start; <c>Newest</c> is the cluster's newest version where that is not in force on this node.
/// </summary>
internal sealed record ConfigurationDocument(string Version, DateTimeOffset LoadedAt, string Origin, string? Newest, IReadOnlyList<ErrorDocument> LastFaults)
{
    public static ConfigurationDocument Of(ConfigurationChanges changes) => new(
        changes.Source.Current.Version, changes.Source.LastLoadedAt, changes.Shared?.Origin ?? "file", changes.Shared?.Newest, AdminAnswer.Errors(changes.Source.LastFaults));
}

/// <summary>Some tenants; <c>NextCursor</c> asks for the next page, and is none on the last.</summary>
internal sealed record TenantListDocument(IReadOnlyList<TenantDocument> Tenants, string? NextCursor);

/// <summary>A tenant. <c>Source</c> is <c>file</c> if the configuration states it, and it is changed there; <c>api</c> if it was made at run time.</summary>
internal sealed record TenantDocument(string Id, string Name, bool Enabled, string Source, IReadOnlyList<TeamDocument> Teams);

internal sealed record TeamListDocument(IReadOnlyList<TeamDocument> Teams, string? NextCursor);

internal sealed record TeamDocument(string Id, string Name, string Source, IReadOnlyList<UserDocument> Users);

internal sealed record UserListDocument(IReadOnlyList<UserDocument> Users, string? NextCursor);

internal sealed record UserDocument(string Id, string Name, string Source);

/// <summary>Problem details, RFC 9457, with a code that never changes. <c>KeyId</c> or <c>AdminId</c> names what is in the way of a repeated request.</summary>
internal sealed record ProblemDocument(
    string Title, int Status, string Code, string Detail, string? KeyId = null, string? AdminId = null, IReadOnlyList<ErrorDocument>? Errors = null);

/// <summary>One thing wrong, where, and what would be right. File, line and column are those of a configuration.</summary>
internal sealed record ErrorDocument(string Path, string Message, string? File = null, int? Line = null, int? Column = null);

/// <summary>
/// An admin. <c>Status</c> is <c>active</c> or <c>revoked</c>. <c>Secret</c> is the token's text, called <c>token</c> in JSON: in the answer that made it and never again.
/// </summary>
internal sealed record AdminDocument(
    string Id,
    [property: JsonPropertyName("token")] string? Secret,
    string Display,
    string Status,
    string? Name,
    string Role,
    string? Tenant,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? RevokedAt)
{
    // A record prints its members, and one of them is a secret.
    public override string ToString() => Id;
}

internal sealed record AdminListDocument(IReadOnlyList<AdminDocument> Admins);

/// <summary>One change. <c>Before</c> and <c>After</c> are what it was made to, without secrets.</summary>
internal sealed record AuditDocument(
    long Sequence, DateTimeOffset At, string Actor, string Role, string? Address, string? RequestId, string Action, string Target, string? Tenant,
    JsonNode? Before, JsonNode? After, string PreviousHash, string Hash);

/// <summary>Some changes, newest first; <c>NextCursor</c> asks for the next page, and is none on the last.</summary>
internal sealed record AuditListDocument(IReadOnlyList<AuditDocument> Records, string? NextCursor);

/// <summary>Whether the audit log is as it was written. <c>Head</c> is the hash of the last record that is right; <c>Fault</c> says what is wrong.</summary>
internal sealed record AuditVerdictDocument(bool Valid, long Records, string Head, string? Fault);

/// <summary>Whether a text could be the configuration.</summary>
internal sealed record CheckDocument(bool Valid, IReadOnlyList<ErrorDocument> Errors);

/// <summary>What a text would change, against the version in force. Secrets are stars.</summary>
internal sealed record DiffDocument(
    string Version, IReadOnlyList<ConfigurationChange> Added, IReadOnlyList<ConfigurationChange> Removed, IReadOnlyList<ConfigurationChange> Changed);

/// <summary>The configurations that were in force, newest first.</summary>
internal sealed record HistoryDocument(IReadOnlyList<AppliedDocument> Versions);

/// <summary>A configuration that was in force, since when, and who brought it.</summary>
internal sealed record AppliedDocument(string Version, DateTimeOffset At, string Actor);

internal sealed record RollbackDocument(string? Version);

/// <summary>The gateway as it is now.</summary>
internal sealed record StatusDocument(
    string Version, DateTimeOffset StartedAt, long UptimeSeconds, string State, IReadOnlyList<string> DataListeners, string AdminListener, long RequestsInFlight,
    long KeysLoaded, ConfigurationDocument Configuration, IReadOnlyList<ProviderDocument> Providers);

/// <summary>
/// A provider over the last five minutes. <c>Health</c> is <c>idle</c> without attempts, <c>failing</c> if half or more failed, <c>degraded</c> if any did, else <c>healthy</c>.
/// </summary>
internal sealed record ProviderDocument(string Id, string Health, long Attempts, long Failures);

/// <summary>
/// The load of all nodes that serve together, and under <c>Node</c> of the one that answers. Requests are the sum, waits and processors the mean, lag is the longest. <c>AdmissionWaitMs</c>: work
/// waited no longer for a thread, nine times in ten, over the last 10 s. <c>Cpu</c>: share of the processors that may be used, over the last 10 s. <c>UsageLagS</c>: age of the oldest usage record
/// that is not in the store.
/// </summary>
internal sealed record ScalingDocument(
    int Nodes, long RequestsInFlight, double AdmissionWaitMs, double Cpu, double UsageLagS, NodeLoadDocument Node, IReadOnlyDictionary<string, ScalingTargetDocument> Targets);

internal sealed record NodeLoadDocument(long RequestsInFlight, double AdmissionWaitMs, double Cpu, double UsageLagS);

/// <summary>How many replicas a target should have, whether it must have any, and by what: a figure, a bound, <c>stabilization</c> or <c>idle</c>.</summary>
internal sealed record ScalingTargetDocument(int DesiredReplicas, bool Active, string Reason);

internal sealed record UpstreamListDocument(IReadOnlyList<UpstreamDocument> Upstreams);

/// <summary>An upstream. <c>UsesAll</c> says that more targets are bad than may be left out, so that all are used.</summary>
internal sealed record UpstreamDocument(string Id, string Balance, int RequestsInFlight, int RetriesInFlight, bool UsesAll, IReadOnlyList<UpstreamTargetDocument> Targets);

/// <summary>
/// One server of an upstream. <c>State</c> is <c>drained</c> (weight 0), <c>ejected</c> (requests failed), <c>unhealthy</c> (health checks failed) or <c>up</c>.
/// <c>CheckProblem</c> is what was wrong at the last health check.
/// </summary>
internal sealed record UpstreamTargetDocument(
    string Name, string Url, int Weight, string State, int RequestsInFlight, int FailuresInRow, int EjectionsInRow, DateTimeOffset? EjectedUntil, DateTimeOffset? CheckedAt,
    string? CheckProblem);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyDocument))]
[JsonSerializable(typeof(KeyListDocument))]
[JsonSerializable(typeof(RotateDocument))]
[JsonSerializable(typeof(ConfigurationDocument))]
[JsonSerializable(typeof(OwnerRequest))]
[JsonSerializable(typeof(OwnerChange))]
[JsonSerializable(typeof(TenantListDocument))]
[JsonSerializable(typeof(TeamListDocument))]
[JsonSerializable(typeof(UserListDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(AdminRequest))]
[JsonSerializable(typeof(AdminDocument))]
[JsonSerializable(typeof(AdminListDocument))]
[JsonSerializable(typeof(AuditDocument))]
[JsonSerializable(typeof(AuditListDocument))]
[JsonSerializable(typeof(AuditVerdictDocument))]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(RollbackDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(UpstreamListDocument))]
[JsonSerializable(typeof(ScalingDocument))]
[JsonSerializable(typeof(UsageAuditDocument))]
[JsonSerializable(typeof(RerateRequest))]
[JsonSerializable(typeof(RerateDocument))]
[JsonSerializable(typeof(RerateFacts))]
[JsonSerializable(typeof(BudgetDocument))]
[JsonSerializable(typeof(BudgetListDocument))]
[JsonSerializable(typeof(SuspenseListDocument))]
[JsonSerializable(typeof(BudgetActRequest))]
[JsonSerializable(typeof(BudgetFacts))]
[JsonSerializable(typeof(LimitExplanationDocument))]
[JsonSerializable(typeof(UsageReportDocument))]
[JsonSerializable(typeof(UsageRowDocument))]
[JsonSerializable(typeof(UsageRecordListDocument))]
[JsonSerializable(typeof(UsageRecordDocument))]
[JsonSerializable(typeof(InsightListDocument))]
[JsonSerializable(typeof(EventListDocument))]
[JsonSerializable(typeof(WebhookListDocument))]
[JsonSerializable(typeof(DeliveryListDocument))]
[JsonSerializable(typeof(DeadLetterListDocument))]
[JsonSerializable(typeof(ResentDocument))]
[JsonSerializable(typeof(ReplayDocument))]
[JsonSerializable(typeof(PurgeRequest))]
[JsonSerializable(typeof(PurgeDocument))]
[JsonSerializable(typeof(EventOutcomeDocument))]
[JsonSerializable(typeof(ParkedListDocument))]
[JsonSerializable(typeof(ParkedDocument))]
[JsonSerializable(typeof(CacheStatsDocument))]
[JsonSerializable(typeof(CacheTopDocument))]
[JsonSerializable(typeof(CacheExplanationDocument))]
[JsonSerializable(typeof(ClusterDocument))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class AdminJson : JsonSerializerContext;
