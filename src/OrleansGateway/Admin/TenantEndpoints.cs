using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>Shows the organisations of the configuration.</summary>
internal sealed class TenantEndpoints(Func<Snapshot> current)
{
    /// <summary><c>GET /tenants</c>: organisations with their teams and users; the caller's own only, if it is bound to one.</summary>
    public Task<IResult> ListAsync(AdminCall call)
    {
        var tenants = current().Settings.Tenants
            .Where(t => call.Principal.Tenant is not { } own || own == t.Key)
            .OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => new TenantDocument(t.Key, t.Value.Name ?? t.Key, t.Value.Enabled, [.. t.Value.Teams.Select(TeamOf)]));
        return Task.FromResult(AdminAnswer.Json(new TenantListDocument([.. tenants]), AdminJson.Default.TenantListDocument));
    }

    private static TeamDocument TeamOf(KeyValuePair<string, TeamSettings> team) =>
        new(team.Key, team.Value.Name ?? team.Key, [.. team.Value.Users.Select(u => new UserDocument(u.Key, u.Value.Name ?? u.Key))]);
}
