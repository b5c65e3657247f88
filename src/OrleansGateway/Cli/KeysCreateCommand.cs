using System.CommandLine;
using OrleansGateway.Configuration;
using OrleansGateway.Admin;
using OrleansGateway.Tenants;

namespace OrleansGateway.Cli;

/// <summary><c>gateway keys create</c>.</summary>
internal static class KeysCreateCommand
{
    public static Command Create(AdminOptions admin, TimeProvider time)
    {
        var tenant = new Option<string>("--tenant") { Description = "Organisation the key belongs to.", Required = true };
        var team = new Option<string?>("--team") { Description = "Team of the organisation." };
        var user = new Option<string?>("--user") { Description = "User of the team." };
        var name = new Option<string?>("--name") { Description = "Name for people to read." };
        var models = ListOption("--model", "Model the key may ask for; a trailing * matches any ending. May be given several times. Default: all.");
        var routes = ListOption("--route", "Route the key may use; a trailing * matches any ending. May be given several times. Default: all.");
        var ranges = ListOption("--ip", "Network the key may be used from, in CIDR form. May be given several times. Default: any.");
        var expires = new Option<string?>("--expires")
        {
            Description = "When the key ends: an instant such as 2030-01-31T00:00:00Z, or a time from now such as 30d.",
        };
        var metadata = ListOption("--metadata", "Label as name=value. May be given several times.");
        var json = KeysCommand.JsonOption();
        var command = new Command("create", "Make a key. It is shown once.")
        {
            tenant, team, user, name, models, routes, ranges, expires, metadata, json,
        };
        command.Run(async (result, cancellation) =>
        {
            var request = new KeyRequest
            {
                Tenant = result.GetValue(tenant),
                Team = result.GetValue(team),
                User = result.GetValue(user),
                Name = result.GetValue(name),
                Models = NullIfEmpty(result.GetValue(models)),
                Routes = NullIfEmpty(result.GetValue(routes)),
                IpRanges = NullIfEmpty(result.GetValue(ranges)),
                ExpiresAt = Expiry(result.GetValue(expires), time),
                Metadata = Labels(result.GetValue(metadata) ?? []),
            };
            using var client = admin.Client(result);
            var answer = await client.PostAsync("/admin/v1/keys", request, AdminJson.Default.KeyRequest, cancellation);
            KeyPrinter.Issued(result.InvocationConfiguration, answer, result.GetValue(json));
        });
        return command;
    }

    private static Option<string[]> ListOption(string name, string description) =>
        new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    private static string[]? NullIfEmpty(string[]? values) => values is { Length: > 0 } ? values : null;

    private static string? Expiry(string? text, TimeProvider time) =>
        text is not null && Duration.TryParse(text, out var duration)
            ? (time.GetUtcNow() + duration).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
            : text;

    private static Dictionary<string, string?> Labels(string[] texts)
    {
        var labels = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=');
            if (equals < 1) throw new CliException($"--metadata must be name=value, and is '{text}'.");
            if (!labels.TryAdd(text[..equals], text[(equals + 1)..])) throw new CliException($"--metadata names '{text[..equals]}' twice.");
        }

        return labels;
    }
}
