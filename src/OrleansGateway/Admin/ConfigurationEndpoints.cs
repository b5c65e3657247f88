using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Admin;

/// <summary>Shows the configuration in force, and loads it anew.</summary>
internal sealed class ConfigurationEndpoints(IConfigurationControl control)
{
    private static readonly Refusal NotValid = new(
        422, "invalid_configuration", "The configuration is not valid; the one before stays in force. See errors.");

    /// <summary><c>GET /config</c>.</summary>
    public Task<IResult> GetAsync(HttpContext http) => Task.FromResult(InForce());

    /// <summary><c>POST /config/reload</c>: answers once the new configuration is in force, or with every fault that keeps it out.</summary>
    public async Task<IResult> ReloadAsync(HttpContext http)
    {
        var faults = await control.ReloadAsync(http.RequestAborted);
        return faults.Count == 0
            ? InForce()
            : AdminAnswer.Problem(NotValid, Errors(faults));
    }

    /// <summary><c>GET /tenants</c>: organisations with their teams and users.</summary>
    public Task<IResult> TenantsAsync(HttpContext http)
    {
        var tenants = control.Current.Settings.Tenants
            .OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => new TenantDocument(t.Key, t.Value.Name ?? t.Key, t.Value.Enabled, [.. t.Value.Teams.Select(TeamOf)]));
        return Task.FromResult(AdminAnswer.Json(new TenantListDocument([.. tenants]), AdminJson.Default.TenantListDocument));
    }

    private static TeamDocument TeamOf(KeyValuePair<string, TeamSettings> team) =>
        new(team.Key, team.Value.Name ?? team.Key, [.. team.Value.Users.Select(u => new UserDocument(u.Key, u.Value.Name ?? u.Key))]);

    private static ErrorDocument[] Errors(IReadOnlyList<Fault> faults) =>
        [.. faults.Select(f => new ErrorDocument(f.Path, f.Message, f.File, f.Line, f.Column))];

    private IResult InForce() => AdminAnswer.Json(
        new ConfigurationDocument(control.Current.Version, control.LoadedAt, Errors(control.LastFaults)), AdminJson.Default.ConfigurationDocument);
}
