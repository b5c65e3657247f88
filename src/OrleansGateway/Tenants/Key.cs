using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>A key made at run time, as it is stored: everything but the key itself, of which only the SHA-256 is kept.</summary>
internal sealed record Key
{
    /// <summary>Names the key in logs and in the admin API: <c>key_</c> and 20 letters or digits. Not secret.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the key.</summary>
    public required KeyHash Hash { get; init; }

    /// <summary>SHA-256 of the key before the last rotation, accepted until <see cref="PreviousUntil"/>; none if never rotated.</summary>
    public KeyHash? PreviousHash { get; init; }

    /// <summary>Instant from which the key before the last rotation is refused.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    /// <summary>Its first characters, for people to tell keys apart.</summary>
    public required string Display { get; init; }

    public string? Name { get; init; }
    public required string Tenant { get; init; }
    public string? Team { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string> Models { get; init; } = ["*"];
    public IReadOnlyList<string> Routes { get; init; } = ["*"];
    public IReadOnlyList<IPNetwork> IpRanges { get; init; } = [];
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; a revoked key is kept for the record and never accepted again.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The <c>Idempotency-Key</c> of the request that made it, so that a repeat makes no second key; none if it had none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Counts the changes, from 1, so that no change is built on a stale reading.</summary>
    public long Version { get; init; } = 1;
}
