namespace OrleansGateway.Admin;

/// <summary>Who calls the admin API. <c>Tenant</c> is the one organisation the caller is bound to; none if it is bound to none.</summary>
internal sealed record AdminPrincipal(string Id, AdminRole Role, string? Tenant)
{
    /// <summary>Id of whoever holds the token that the first start made.</summary>
    public const string BootstrapId = "bootstrap";

    /// <summary>The holder of the token that the first start made.</summary>
    public static AdminPrincipal Bootstrap { get; } = new(BootstrapId, AdminRole.Owner, Tenant: null);

    public bool May(Permission permission) => Permissions.Allow(Role, Tenant, permission);
}
