using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Tenants;

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

/// <summary>The configuration in force, and what was wrong with the last file read.</summary>
internal sealed record ConfigurationDocument(string Version, DateTimeOffset LoadedAt, IReadOnlyList<ErrorDocument> LastFaults);

internal sealed record TenantListDocument(IReadOnlyList<TenantDocument> Tenants);

internal sealed record TenantDocument(string Id, string Name, bool Enabled, IReadOnlyList<TeamDocument> Teams);

internal sealed record TeamDocument(string Id, string Name, IReadOnlyList<UserDocument> Users);

internal sealed record UserDocument(string Id, string Name);

/// <summary>Problem details, RFC 9457, with a code that never changes. <c>KeyId</c> names the key in the way of a repeated request.</summary>
internal sealed record ProblemDocument(
    string Title, int Status, string Code, string Detail, string? KeyId = null, IReadOnlyList<ErrorDocument>? Errors = null);

/// <summary>One thing wrong, where, and what would be right. File, line and column are those of a configuration.</summary>
internal sealed record ErrorDocument(string Path, string Message, string? File = null, int? Line = null, int? Column = null);

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
[JsonSerializable(typeof(TenantListDocument))]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class AdminJson : JsonSerializerContext;
