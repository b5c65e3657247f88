using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Cli;

/// <summary>
/// <c>gateway keys</c>: makes, lists, rotates and revokes keys of a running gateway; generates keys for <c>gateway.yaml</c> without one.
/// </summary>
internal static class KeysCommand
{
    /// <summary>The command and those below it. They write to the writers of the invocation, and end with 0 or 1.</summary>
    public static Command Create(TimeProvider time, Func<string, string?> environment)
    {
        var keys = new Command("keys", "Make, list, rotate and revoke API keys.");
        var admin = new AdminOptions(environment);
        keys.Add(KeysCreateCommand.Create(admin, time));
        keys.Add(List(admin));
        keys.Add(Rotate(admin));
        keys.Add(Revoke(admin));
        keys.Add(Generate());
        admin.AddTo(keys);
        return keys;
    }

    /// <summary>Runs a command, and turns what went wrong into a line on the error writer.</summary>
    public static void Run(this Command command, Func<ParseResult, CancellationToken, Task> action) =>
        command.SetAction(async (result, cancellation) =>
        {
            try
            {
                await action(result, cancellation);
                return 0;
            }
            catch (CliException e)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });

    /// <summary>Option that asks for the answer as the admin API gave it.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "Print JSON." };

    private static Command List(AdminOptions admin)
    {
        var tenant = new Option<string?>("--tenant") { Description = "Only keys of this organisation." };
        var team = new Option<string?>("--team") { Description = "Only keys of this team." };
        var user = new Option<string?>("--user") { Description = "Only keys of this user." };
        var json = JsonOption();
        var command = new Command("list", "List keys, oldest first, revoked ones included.") { tenant, team, user, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var filter = Filter("tenant", result.GetValue(tenant)) + Filter("team", result.GetValue(team)) + Filter("user", result.GetValue(user));
            var found = new List<KeyDocument>();
            for (string? cursor = ""; cursor is not null;)
            {
                var body = await client.GetAsync($"/admin/v1/keys?limit=1000{filter}{Filter("cursor", cursor)}", cancellation);
                var page = JsonSerializer.Deserialize(body, AdminJson.Default.KeyListDocument)!;
                found.AddRange(page.Keys);
                cursor = page.NextCursor;
            }

            var output = result.InvocationConfiguration.Output;
            var all = new KeyListDocument(found, NextCursor: null);
            if (result.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(all, AdminJson.Default.KeyListDocument));
            else KeyPrinter.Table(output, found);
        });
        return command;

        static string Filter(string name, string? value) => string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    private static Command Rotate(AdminOptions admin)
    {
        var id = IdArgument();
        var grace = new Option<string>("--grace")
        {
            Description = "How long the key before is still accepted, such as 15m or 24h; 0s to 30d.",
            DefaultValueFactory = _ => "24h",
        };
        var json = JsonOption();
        var command = new Command("rotate", "Give a key a new text; the one before is accepted for the grace.") { id, grace, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var body = new RotateDocument(JsonSerializer.SerializeToElement(result.GetValue(grace)!, AdminJson.Default.String));
            var answer = await client.PostAsync($"/admin/v1/keys/{Escaped(result, id)}/rotate", body, AdminJson.Default.RotateDocument, cancellation);
            KeyPrinter.Issued(result.InvocationConfiguration, answer, result.GetValue(json));
        });
        return command;
    }

    private static Command Revoke(AdminOptions admin)
    {
        var id = IdArgument();
        var command = new Command("revoke", "Refuse a key from the next request on, for ever.") { id };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            await client.PostAsync($"/admin/v1/keys/{Escaped(result, id)}/revoke", cancellation);
            result.InvocationConfiguration.Output.WriteLine($"Revoked {result.GetValue(id)}.");
        });
        return command;
    }

    private static Command Generate()
    {
        var json = JsonOption();
        var quiet = new Option<bool>("--quiet") { Description = "Print the key only." };
        var command = new Command("generate", "Print a fresh key and its SHA-256, for 'hash' in gateway.yaml. Needs no running gateway.") { json, quiet };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(quiet)) result.AddError("Give either --json or --quiet.");
        });
        command.SetAction(result =>
        {
            var key = KeyText.New(KeyText.KeyPrefix);
            var hash = KeyHash.Of(key).ToString();
            result.InvocationConfiguration.Output.WriteLine(
                result.GetValue(quiet) ? key
                : result.GetValue(json) ? $$"""{"key":"{{key}}","hash":"{{hash}}"}"""
                : $"key   {key}\nhash  {hash}");
            return 0;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("id") { Description = "Id of the key, as 'keys list' shows it." };

    private static string Escaped(ParseResult result, Argument<string> id) => Uri.EscapeDataString(result.GetRequiredValue(id));
}
