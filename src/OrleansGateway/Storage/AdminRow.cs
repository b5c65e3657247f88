using OrleansGateway.Admin;
using OrleansGateway.Configuration;

namespace OrleansGateway.Storage;

/// <summary>An admin as a row. Properties are named as the columns that Dapper fills.</summary>
internal sealed record AdminRow
{
    public string Id { get; init; } = "";
    public byte[] Hash { get; init; } = [];
    public string Display { get; init; } = "";
    public string? Name { get; init; }
    public string Role { get; init; } = "";
    public string? Tenant { get; init; }
    public long CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";
    public long? RevokedAt { get; init; }
    public string? IdempotencyKey { get; init; }
    public long Version { get; init; }

    public static AdminRow Of(AdminAccount account) => new()
    {
        Id = account.Id,
        Hash = account.Hash.ToArray(),
        Display = account.Display,
        Name = account.Name,
        Role = Permissions.NameOf(account.Role),
        Tenant = account.Tenant,
        CreatedAt = account.CreatedAt.ToUnixTimeMilliseconds(),
        CreatedBy = account.CreatedBy,
        RevokedAt = account.RevokedAt?.ToUnixTimeMilliseconds(),
        IdempotencyKey = account.IdempotencyKey,
        Version = account.Version,
    };

    public AdminAccount Account() => new()
    {
        Id = Id,
        Hash = new KeyHash(Hash),
        Display = Display,
        Name = Name,
        Role = Permissions.RoleOf(Role) ?? throw new StorageException($"The admin {Id} has a role that this program does not know: {Role}."),
        Tenant = Tenant,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        CreatedBy = CreatedBy,
        RevokedAt = RevokedAt is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
        IdempotencyKey = IdempotencyKey,
        Version = Version,
    };
}
