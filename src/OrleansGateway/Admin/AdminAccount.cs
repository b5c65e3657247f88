using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>An admin as stored: everything but the token, of which only the SHA-256 is kept.</summary>
internal sealed record AdminAccount
{
    /// <summary>Names the admin in the audit log: <c>adm_</c> and 20 letters or digits. Not secret.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required KeyHash Hash { get; init; }

    /// <summary>The token's first characters, for people to tell tokens apart.</summary>
    public required string Display { get; init; }

    public string? Name { get; init; }
    public required AdminRole Role { get; init; }

    /// <summary>The one tenant it may see; none if it is not bound to one.</summary>
    public string? Tenant { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Id of the admin who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was revoked; a revoked admin is kept for the record and never let in again.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The <c>Idempotency-Key</c> of the request that made it; none if it had none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Counts the changes, from 1, so that no change is built on a stale reading.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The admin as the audit log shows it.</summary>
    public string Facts()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("display", Display);
            if (Name is not null) json.WriteString("name", Name);
            if (RevokedAt is { } revoked) json.WriteString("revoked_at", revoked);
            json.WriteString("role", Permissions.NameOf(Role));
            if (Tenant is not null) json.WriteString("tenant", Tenant);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>What is asked of a new admin.</summary>
internal sealed record AdminRequest
{
    /// <summary><c>owner</c>, <c>operator</c>, <c>tenant_admin</c> or <c>viewer</c>. Needed.</summary>
    public string? Role { get; init; }

    /// <summary>Id of the one tenant it may see. Needed for a <c>tenant_admin</c>, possible for a <c>viewer</c>.</summary>
    public string? Tenant { get; init; }

    /// <summary>Name for people to read, up to 128 characters. Default: none.</summary>
    public string? Name { get; init; }
}
