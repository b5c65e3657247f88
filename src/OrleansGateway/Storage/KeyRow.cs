using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>
/// A key as a row: times in milliseconds since 1970, lists and labels as JSON. Properties are named as the columns that Dapper fills.
/// </summary>
internal sealed record KeyRow
{
    public const string Columns =
        "sequence AS Sequence, id AS Id, hash AS Hash, previous_hash AS PreviousHash, previous_until AS PreviousUntil, display AS Display, " +
        "name AS Name, tenant AS Tenant, team AS Team, user AS User, models AS Models, routes AS Routes, ip_ranges AS IpRanges, " +
        "metadata AS Metadata, created_at AS CreatedAt, expires_at AS ExpiresAt, revoked_at AS RevokedAt, " +
        "idempotency_key AS IdempotencyKey, version AS Version";

    public long Sequence { get; init; }
    public string Id { get; init; } = "";
    public byte[] Hash { get; init; } = [];
    public byte[]? PreviousHash { get; init; }
    public long? PreviousUntil { get; init; }
    public string Display { get; init; } = "";
    public string? Name { get; init; }
    public string Tenant { get; init; } = "";
    public string? Team { get; init; }
    public string? User { get; init; }
    public string Models { get; init; } = "";
    public string Routes { get; init; } = "";
    public string IpRanges { get; init; } = "";
    public string Metadata { get; init; } = "";
    public long CreatedAt { get; init; }
    public long? ExpiresAt { get; init; }
    public long? RevokedAt { get; init; }
    public string? IdempotencyKey { get; init; }
    public long Version { get; init; }

    public static KeyRow Of(Key key) => new()
    {
        Id = key.Id,
        Hash = key.Hash.ToArray(),
        PreviousHash = key.PreviousHash?.ToArray(),
        PreviousUntil = key.PreviousUntil?.ToUnixTimeMilliseconds(),
        Display = key.Display,
        Name = key.Name,
        Tenant = key.Tenant,
        Team = key.Team,
        User = key.User,
        Models = JsonSerializer.Serialize([.. key.Models], KeyRowJson.Default.StringArray),
        Routes = JsonSerializer.Serialize([.. key.Routes], KeyRowJson.Default.StringArray),
        IpRanges = JsonSerializer.Serialize([.. key.IpRanges.Select(r => r.ToString())], KeyRowJson.Default.StringArray),
        Metadata = JsonSerializer.Serialize(key.Metadata.ToDictionary(), KeyRowJson.Default.DictionaryStringString),
        CreatedAt = key.CreatedAt.ToUnixTimeMilliseconds(),
        ExpiresAt = key.ExpiresAt?.ToUnixTimeMilliseconds(),
        RevokedAt = key.RevokedAt?.ToUnixTimeMilliseconds(),
        IdempotencyKey = key.IdempotencyKey,
        Version = key.Version,
    };
}

/// <summary>Turns rows back into keys. Parses each JSON text once: among a million keys few lists differ.</summary>
internal sealed class KeyRowReader
{
    private readonly Dictionary<string, IReadOnlyList<string>> _lists = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<IPNetwork>> _ranges = new(StringComparer.Ordinal) { ["[]"] = [] };

    public Key Read(KeyRow row) => new()
    {
        Id = row.Id,
        Hash = new KeyHash(row.Hash),
        PreviousHash = row.PreviousHash is { } previous ? new KeyHash(previous) : null,
        PreviousUntil = Time(row.PreviousUntil),
        Display = row.Display,
        Name = row.Name,
        Tenant = row.Tenant,
        Team = row.Team,
        User = row.User,
        Models = List(row.Models),
        Routes = List(row.Routes),
        IpRanges = Ranges(row.IpRanges),
        Metadata = row.Metadata == "{}"
            ? ReadOnlyDictionary<string, string>.Empty
            : JsonSerializer.Deserialize(row.Metadata, KeyRowJson.Default.DictionaryStringString)!,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt),
        ExpiresAt = Time(row.ExpiresAt),
        RevokedAt = Time(row.RevokedAt),
        IdempotencyKey = row.IdempotencyKey,
        Version = row.Version,
    };

    private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    private IReadOnlyList<string> List(string json)
    {
        if (!_lists.TryGetValue(json, out var list)) _lists[json] = list = JsonSerializer.Deserialize(json, KeyRowJson.Default.StringArray)!;
        return list;
    }

    private IReadOnlyList<IPNetwork> Ranges(string json)
    {
        if (!_ranges.TryGetValue(json, out var ranges))
            _ranges[json] = ranges = [.. JsonSerializer.Deserialize(json, KeyRowJson.Default.StringArray)!.Select(IPNetwork.Parse)];
        return ranges;
    }
}

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class KeyRowJson : JsonSerializerContext;
