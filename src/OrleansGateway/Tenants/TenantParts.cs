using System.Collections.Immutable;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>
/// What was made at run time of one tenant: the tenant itself, teams, users, or only some of these where the configuration states the rest. Immutable.
/// </summary>
internal sealed class TenantParts
{
    public static readonly TenantParts None = new();

    private Merged? _merged;

    /// <summary>The tenant itself; none if it was not made at run time.</summary>
    public Owner? Made { get; private init; }

    public ImmutableDictionary<string, TeamParts> Teams { get; private init; } = ImmutableDictionary.Create<string, TeamParts>(StringComparer.Ordinal);

    /// <summary>Users made at run time, of all teams.</summary>
    public int Users { get; private init; }

    public bool IsEmpty => Made is null && Teams.IsEmpty;

    /// <summary>All that was made at run time: the tenant, then each team with its users.</summary>
    public IEnumerable<Owner> All() => (Made is null ? [] : new[] { Made }).Concat(Teams.Values.SelectMany(t => (t.Made is null ? [] : new[] { t.Made }).Concat(t.Users.Values)));

    /// <summary>The one of that id; none if it was not made at run time.</summary>
    public Owner? Find(OwnerId id)
    {
        if (id.Team is null) return Made;
        if (!Teams.TryGetValue(id.Team, out var team)) return null;
        return id.User is null ? team.Made : team.Users.GetValueOrDefault(id.User);
    }

    /// <summary>These parts with that one in the place of any of its id.</summary>
    public TenantParts With(Owner owner)
    {
        if (owner.Id.Team is not { } teamId) return new TenantParts { Made = owner, Teams = Teams, Users = Users };
        var team = Teams.GetValueOrDefault(teamId, TeamParts.None);
        if (owner.Id.User is not { } user) return new TenantParts { Made = Made, Teams = Teams.SetItem(teamId, team with { Made = owner }), Users = Users };
        var users = team.Users.SetItem(user, owner);
        return new TenantParts { Made = Made, Teams = Teams.SetItem(teamId, team with { Users = users }), Users = Users + users.Count - team.Users.Count };
    }

    /// <summary>These parts without that one and all below it.</summary>
    public TenantParts Without(OwnerId id)
    {
        if (id.Team is null) return None;
        if (!Teams.TryGetValue(id.Team, out var team)) return this;
        var left = id.User is { } user ? team with { Users = team.Users.Remove(user) } : TeamParts.None;
        return new TenantParts
        {
            Made = Made,
            Teams = left is { Made: null, Users.IsEmpty: true } ? Teams.Remove(id.Team) : Teams.SetItem(id.Team, left),
            Users = Users - team.Users.Count + left.Users.Count,
        };
    }

    /// <summary>
    /// The tenant as it is with what the configuration states of it, which wins; none if it is neither stated nor made. Put together once for each
    /// configuration: asked on every request, it then allocates nothing.
    /// </summary>
    public TenantSettings? Over(TenantSettings? stated)
    {
        // Two threads may put the same together; either result will do.
        if (Volatile.Read(ref _merged) is { } merged && merged.Stated == (object?)stated) return merged.Tenant;
        var tenant = Merge(stated);
        Volatile.Write(ref _merged, new Merged(stated, tenant));
        return tenant;
    }

    private TenantSettings? Merge(TenantSettings? stated)
    {
        if (stated is null && Made is null) return null;
        var teams = new Dictionary<string, TeamSettings>(stated?.Teams ?? ImmutableDictionary<string, TeamSettings>.Empty, StringComparer.Ordinal);
        foreach (var (id, team) in Teams)
        {
            if (team.Over(teams.GetValueOrDefault(id)) is { } whole) teams[id] = whole;
        }

        return stated is not null
            ? stated with { Teams = teams }
            : new TenantSettings { Name = Made!.Name, Enabled = Made.Enabled, Teams = teams };
    }

    private sealed record Merged(TenantSettings? Stated, TenantSettings? Tenant);
}

/// <summary>What was made at run time of one team.</summary>
internal sealed record TeamParts(Owner? Made, ImmutableDictionary<string, Owner> Users)
{
    public static readonly TeamParts None = new(null, ImmutableDictionary.Create<string, Owner>(StringComparer.Ordinal));

    /// <summary>The team with what the configuration states of it, which wins; none if it is neither stated nor made.</summary>
    public TeamSettings? Over(TeamSettings? stated)
    {
        if (stated is null && Made is null) return null;
        var users = Users.ToDictionary(u => u.Key, u => new UserSettings { Name = u.Value.Name }, StringComparer.Ordinal);
        foreach (var (id, user) in stated?.Users ?? ImmutableDictionary<string, UserSettings>.Empty) users[id] = user;
        return new TeamSettings { Name = stated is not null ? stated.Name : Made!.Name, Users = users };
    }
}
