using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tenants;

/// <summary>Names a tenant, a team of a tenant, or a user of a team: what a key can belong to.</summary>
internal readonly record struct OwnerId(string Tenant, string? Team = null, string? User = null)
{
    /// <summary><c>tenant</c>, <c>team</c> or <c>user</c>: the word that codes and audit actions begin with.</summary>
    public string Kind => Team is null ? "tenant" : User is null ? "team" : "user";

    /// <summary>The last of its parts: what it is called among its like.</summary>
    public string Last => User ?? Team ?? Tenant;

    /// <summary>Whether that is this one, or one below it.</summary>
    public bool Holds(OwnerId other) => Tenant == other.Tenant && (Team is null || Team == other.Team) && (User is null || User == other.User);

    /// <summary>All parts with slashes between, which no id holds.</summary>
    public override string ToString() => string.Join('/', new[] { Tenant, Team, User }.OfType<string>());
}

/// <summary>A tenant, team or user made at run time, as it is stored.</summary>
internal sealed record Owner
{
    public required OwnerId Id { get; init; }

    /// <summary>Name for people to read.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the keys of a tenant are accepted; true for teams and users.</summary>
    public bool Enabled { get; init; } = true;

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Id of the admin who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Counts the changes, from 1, so that no change is built on a stale reading.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The owner as the audit log shows it.</summary>
    public string Facts()
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Id.Team is null) json.WriteBoolean("enabled", Enabled);
            json.WriteString("name", Name);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>What is asked of a new tenant, team or user.</summary>
internal sealed record OwnerRequest
{
    /// <summary>Its id: 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit. Needed; never changes.</summary>
    public string? Id { get; init; }

    /// <summary>Name for people to read, up to 128 characters. Default: the id.</summary>
    public string? Name { get; init; }

    /// <summary>Whether its keys are accepted. Tenants only. Default: true.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>What is to change of a tenant, team or user; what is left out stays as it is.</summary>
internal sealed record OwnerChange
{
    /// <summary>Name for people to read, up to 128 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Whether its keys are accepted. Tenants only.</summary>
    public bool? Enabled { get; init; }
}
