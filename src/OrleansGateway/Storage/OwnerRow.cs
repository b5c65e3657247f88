using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>A tenant, team or user as a row. Properties are named as the columns that Dapper fills.</summary>
internal sealed record OwnerRow
{
    public string Tenant { get; init; } = "";
    public string Team { get; init; } = "";
    public string User { get; init; } = "";
    public string Name { get; init; } = "";
    public bool Enabled { get; init; }
    public long CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";
    public long Version { get; init; }

    public static OwnerRow Of(Owner owner) => new()
    {
        Tenant = owner.Id.Tenant,
        Team = owner.Id.Team ?? "",
        User = owner.Id.User ?? "",
        Name = owner.Name,
        Enabled = owner.Enabled,
        CreatedAt = owner.CreatedAt.ToUnixTimeMilliseconds(),
        CreatedBy = owner.CreatedBy,
        Version = owner.Version,
    };

    public Owner Owner() => new()
    {
        Id = new OwnerId(Tenant, Team.Length > 0 ? Team : null, User.Length > 0 ? User : null),
        Name = Name,
        Enabled = Enabled,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        CreatedBy = CreatedBy,
        Version = Version,
    };
}
