namespace OrleansGateway.Configuration;

/// <summary>Ids of tenants, their teams and users.</summary>
internal static class TenantRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("tenants", settings.Tenants.Keys, findings);
        foreach (var (tenantId, tenant) in settings.Tenants)
        {
            var teams = SettingPath.Field(SettingPath.Entry("tenants", tenantId), "teams");
            NameRules.CheckIds(teams, tenant.Teams.Keys, findings);
            foreach (var (teamId, team) in tenant.Teams)
            {
                NameRules.CheckIds(SettingPath.Field(SettingPath.Entry(teams, teamId), "users"), team.Users.Keys, findings);
            }
        }
    }
}
