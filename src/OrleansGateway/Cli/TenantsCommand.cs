using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway tenants</c>, <c>gateway teams</c> and <c>gateway users</c>: those of the configuration, and those made at run time.</summary>
internal static class TenantsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var tenants = new Command("tenants", "List, make, change and delete organisations.");
        new OwnerCommands<TenantListDocument, TenantDocument>("tenant", new AdminOptions(environment), static _ => "/tenants")
        {
            ListType = AdminJson.Default.TenantListDocument,
            OneType = AdminJson.Default.TenantDocument,
            Page = static list => (list.Tenants, list.NextCursor),
            Whole = static all => new TenantListDocument(all, NextCursor: null),
            Titles = ["ID", "NAME", "ENABLED", "SOURCE", "TEAMS", "USERS"],
            Row = static t => [t.Id, t.Name, t.Enabled ? "yes" : "no", t.Source, Ids(t.Teams.Select(m => m.Id)), Ids(t.Teams.SelectMany(m => m.Users).Select(u => u.Id))],
            CanBeDisabled = true,
        }.AddTo(tenants);
        return tenants;
    }

    public static Command CreateTeams(Func<string, string?> environment)
    {
        var tenant = TenantOption();
        var teams = new Command("teams", "List, make, change and delete teams of an organisation.");
        new OwnerCommands<TeamListDocument, TeamDocument>("team", new AdminOptions(environment), result => $"/tenants/{Escaped(result, tenant)}/teams", tenant)
        {
            ListType = AdminJson.Default.TeamListDocument,
            OneType = AdminJson.Default.TeamDocument,
            Page = static list => (list.Teams, list.NextCursor),
            Whole = static all => new TeamListDocument(all, NextCursor: null),
            Titles = ["ID", "NAME", "SOURCE", "USERS"],
            Row = static t => [t.Id, t.Name, t.Source, Ids(t.Users.Select(u => u.Id))],
        }.AddTo(teams);
        return teams;
    }

    public static Command CreateUsers(Func<string, string?> environment)
    {
        var tenant = TenantOption();
        var team = new Option<string>("--team") { Description = "Team of the organisation.", Required = true };
        var users = new Command("users", "List, make, change and delete users of a team.");
        new OwnerCommands<UserListDocument, UserDocument>(
            "user", new AdminOptions(environment), result => $"/tenants/{Escaped(result, tenant)}/teams/{Escaped(result, team)}/users", tenant, team)
        {
            ListType = AdminJson.Default.UserListDocument,
            OneType = AdminJson.Default.UserDocument,
            Page = static list => (list.Users, list.NextCursor),
            Whole = static all => new UserListDocument(all, NextCursor: null),
            Titles = ["ID", "NAME", "SOURCE"],
            Row = static u => [u.Id, u.Name, u.Source],
        }.AddTo(users);
        return users;
    }

    private static Option<string> TenantOption() => new("--tenant") { Description = "The organisation.", Required = true };

    private static string Escaped(ParseResult result, Option<string> option) => Uri.EscapeDataString(result.GetRequiredValue(option));

    // A table is for a look: a tenant may have thousands of users.
    private static string Ids(IEnumerable<string> ids)
    {
        const int shown = 5;
        var first = ids.Take(shown + 1).ToArray();
        return first.Length == 0 ? "-" : string.Join(' ', first.Take(shown)) + (first.Length > shown ? " …" : "");
    }
}
