using System.Collections.Frozen;

namespace OrleansGateway.Admin;

/// <summary>What an admin is there for.</summary>
internal enum AdminRole
{
    /// <summary>May do everything.</summary>
    Owner,

    /// <summary>May do everything but manage admins.</summary>
    Operator,

    /// <summary>Manages keys, teams and users of one tenant.</summary>
    TenantAdmin,

    /// <summary>May look and change nothing; of one tenant or of all.</summary>
    Viewer,
}

/// <summary>What an endpoint of the admin API asks of its caller.</summary>
internal enum Permission
{
    ReadApi,
    ReadKeys,
    ChangeKeys,
    ReadTenants,
    ChangeTenants,

    /// <summary>Teams and users of a tenant.</summary>
    ChangeMembers,
    ReadStatus,
    ReadConfiguration,
    ReadConfigurationText,
    ChangeConfiguration,
    ReadAudit,
    ReadAdmins,
    ChangeAdmins,
    ReadBudgets,
    ChangeBudgets,
    ReadUsage,

    /// <summary>Events and webhooks, of all tenants.</summary>
    ReadEvents,
    ChangeEvents,

    /// <summary>What is cached, and events that say what is to be invalidated of it.</summary>
    PurgeCache,

    /// <summary>What caches hold and have done.</summary>
    ReadCache,

    /// <summary>Takes nodes out of a cluster.</summary>
    DrainNodes,
}

/// <summary>Who may do what: the one table.</summary>
internal static class Permissions
{
    private static readonly FrozenDictionary<AdminRole, FrozenSet<Permission>> Granted = new Dictionary<AdminRole, FrozenSet<Permission>>
    {
        [AdminRole.Owner] = [.. Enum.GetValues<Permission>()],
        [AdminRole.Operator] = [.. Enum.GetValues<Permission>().Where(p => p != Permission.ChangeAdmins)],
        [AdminRole.TenantAdmin] = [Permission.ReadApi, Permission.ReadKeys, Permission.ChangeKeys, Permission.ReadTenants, Permission.ChangeMembers, Permission.ReadBudgets, Permission.ReadUsage, Permission.PurgeCache, Permission.ReadCache],
        // Not the text of the configuration: its secrets are masked, and its comments are not.
        [AdminRole.Viewer] =
        [
            Permission.ReadApi, Permission.ReadKeys, Permission.ReadTenants, Permission.ReadStatus, Permission.ReadConfiguration, Permission.ReadAudit, Permission.ReadBudgets,
            Permission.ReadUsage, Permission.ReadEvents, Permission.ReadCache,
        ],
    }.ToFrozenDictionary();

    /// <summary>The most that anyone bound to one tenant may do: all else shows, or changes, what belongs to others.</summary>
    private static readonly FrozenSet<Permission> WithinATenant =
    [
        Permission.ReadApi, Permission.ReadKeys, Permission.ChangeKeys, Permission.ReadTenants, Permission.ChangeMembers, Permission.ReadBudgets, Permission.ReadUsage,
        Permission.PurgeCache, Permission.ReadCache,
    ];

    private static readonly FrozenDictionary<string, AdminRole> ByName = new Dictionary<string, AdminRole>
    {
        ["owner"] = AdminRole.Owner,
        ["operator"] = AdminRole.Operator,
        ["tenant_admin"] = AdminRole.TenantAdmin,
        ["viewer"] = AdminRole.Viewer,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether an admin of that role, bound to that tenant or to none, may do that.</summary>
    public static bool Allow(AdminRole role, string? tenant, Permission permission) =>
        Granted[role].Contains(permission) && (tenant is null || WithinATenant.Contains(permission));

    /// <summary>The role of that name; none if there is none.</summary>
    public static AdminRole? RoleOf(string? name) => name is not null && ByName.TryGetValue(name, out var role) ? role : null;

    /// <summary>Name of a role, as the API and the store write it.</summary>
    public static string NameOf(AdminRole role) => ByName.First(r => r.Value == role).Key;
}
