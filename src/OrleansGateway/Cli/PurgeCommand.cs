using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway purge</c>: invalidates what is cached.</summary>
internal static class PurgeCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var (tags, urls) = (Many("--tag", "A tag that answers carry."), Many("--url", "A URL, as clients call it."));
        var (prefixes, hosts) = (Many("--prefix", "The beginning of URLs, with the whole host."), Many("--host", "A host, as clients call it."));
        var groups = Many("--group", "A group of RFC 9875, as the origin, a space and its name: 'https://shop.example catalogue'.");
        var all = new Option<bool>("--all") { Description = "All that is cached." };
        var tenant = new Option<string?>("--tenant") { Description = "Whose. Default: all tenants, and what they share." };
        var soft = new Option<bool>("--soft") { Description = "Keep it as stale, to be confirmed by the origin." };
        var json = KeysCommand.JsonOption();
        var command = new Command("purge", "Invalidate what is cached. Returns when none of it is given any more.") { tags, urls, prefixes, hosts, groups, all, tenant, soft, json };
        command.Run(async (result, cancellation) =>
        {
            var request = new PurgeRequest(
                result.GetValue(tenant), result.GetValue(tags), result.GetValue(urls), result.GetValue(prefixes), result.GetValue(hosts), result.GetValue(groups), result.GetValue(all) ? true : null,
                result.GetValue(soft) ? "soft" : null);
            using var client = admin.Client(result);
            var answer = await client.PostAsync(AdminCommand.AdminPath("/purge"), request, AdminJson.Default.PurgeRequest, cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.PurgeDocument, static (output, done) =>
                output.WriteLine($"Purged {string.Join(", ", done.Selectors)} of {done.Tenant ?? "all tenants"} ({done.Mode}), as number {done.Sequence}."));
        });
        admin.AddTo(command);
        return command;
    }

    private static Option<string[]> Many(string name, string description) => new(name) { Description = description + " May be given several times." };
}
