using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway tenants list</c>.</summary>
internal static class TenantsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var tenants = new Command("tenants", "Show the organisations of the configuration in force.")
        {
            AdminCommand.Reading("list", "List organisations, teams and users.", admin, static _ => "/tenants", AdminJson.Default.TenantListDocument, Print),
        };
        admin.AddTo(tenants);
        return tenants;
    }

    private static void Print(TextWriter output, TenantListDocument list)
    {
        if (list.Tenants.Count == 0) output.WriteLine("No tenants.");
        else TextTable.Write(output, ["ID", "NAME", "ENABLED", "TEAMS", "USERS"], list.Tenants.Select(t => new[]
        {
            t.Id, t.Name, t.Enabled ? "yes" : "no", Ids(t.Teams.Select(m => m.Id)), Ids(t.Teams.SelectMany(m => m.Users).Select(u => u.Id)),
        }));
    }

    private static string Ids(IEnumerable<string> ids) => string.Join(' ', ids) is { Length: > 0 } text ? text : "-";
}
