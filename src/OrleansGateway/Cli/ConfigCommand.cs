using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary><c>gateway config</c>: what the configuration file may hold, for editors and for people; and the configuration of a running gateway.</summary>
internal static class ConfigCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var schema = new Command("schema", "Print the JSON Schema of the configuration file.");
        schema.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(ConfigurationSchema.Write()));
        var docs = new Command("docs", "Print the reference page of all settings, in Markdown.");
        docs.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(ConfigurationReference.Write()));
        var admin = new AdminOptions(environment);
        var config = new Command("config", "Describe the configuration file; show and change the configuration of a running gateway.")
        {
            schema, docs, Show(admin), Diff(admin), Apply(admin),
            AdminCommand.Reading("history", "List the configurations that were in force, newest first.", admin, static _ => "/config/history", AdminJson.Default.HistoryDocument, Print),
            Rollback(admin),
        };
        admin.AddTo(config);
        return config;
    }

    private static Command Show(AdminOptions admin)
    {
        var version = new Option<string?>("--version") { Description = "A version of the history. Default: the one in force." };
        var command = new Command("show", "Print the configuration in force. Secrets that stand in it are stars, and 'apply' takes stars for them.") { version };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var path = result.GetValue(version) is { } asked ? $"/config/history?version={Uri.EscapeDataString(asked)}" : "/config/document";
            result.InvocationConfiguration.Output.Write(await client.GetAsync(AdminCommand.AdminPath(path), cancellation));
            if (result.GetValue(version) is not null) return;
            var inForce = JsonSerializer.Deserialize(await client.GetAsync(AdminCommand.AdminPath("/config"), cancellation), AdminJson.Default.ConfigurationDocument)!;
            // Where it is always the file's there is nothing to say.
            if (inForce.Origin != "file") await result.InvocationConfiguration.Error.WriteLineAsync($"In force: {inForce.Version}, from: {inForce.Origin}{Newest(inForce)}");
        });
        return command;
    }

    private static Command Diff(AdminOptions admin)
    {
        var file = FileArgument();
        var json = KeysCommand.JsonOption();
        var command = new Command("diff", "Show what a file would change, value by value.") { file, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await client.SendYamlAsync(HttpMethod.Post, AdminCommand.AdminPath("/config/diff"), Read(result.GetRequiredValue(file)), ifMatch: null, cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.DiffDocument, Print);
        });
        return command;
    }

    private static Command Apply(AdminOptions admin)
    {
        var file = FileArgument();
        var version = new Option<string?>("--if-version") { Description = "The version the file was made from. Default: the one in force now." };
        var json = KeysCommand.JsonOption();
        var command = new Command("apply", "Put a file in force, in the place of the gateway's own, if it is valid.") { file, version, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var text = Read(result.GetRequiredValue(file));
            var built = result.GetValue(version)
                ?? JsonSerializer.Deserialize(await client.GetAsync(AdminCommand.AdminPath("/config"), cancellation), AdminJson.Default.ConfigurationDocument)!.Version;
            var answer = await client.SendYamlAsync(HttpMethod.Put, AdminCommand.AdminPath("/config"), text, built, cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.ConfigurationDocument, InForce);
        });
        return command;
    }

    private static Command Rollback(AdminOptions admin)
    {
        var version = new Argument<string>("VERSION") { Description = "A version, as 'config history' shows it." };
        var json = KeysCommand.JsonOption();
        var command = new Command("rollback", "Put a configuration of the history in force again.") { version, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await client.PostAsync(
                AdminCommand.AdminPath("/config/rollback"), new RollbackDocument(result.GetRequiredValue(version)), AdminJson.Default.RollbackDocument, cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.ConfigurationDocument, InForce);
        });
        return command;
    }

    private static string Newest(ConfigurationDocument document) => document.Newest is { } newest ? $"; the cluster's newest is {newest}, which is not in force here" : "";

    private static Argument<string> FileArgument() => new("FILE") { Description = "A configuration file; - reads standard input." };

    private static string Read(string file)
    {
        try
        {
            return file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The file cannot be read: {e.Message}");
        }
    }

    private static void InForce(TextWriter output, ConfigurationDocument document) => output.WriteLine($"In force: {document.Version}");

    private static void Print(TextWriter output, HistoryDocument history) =>
        TextTable.Write(output, ["VERSION", "SINCE", "BY"], history.Versions.Select(v => new[] { v.Version, KeyPrinter.At(v.At), v.Actor }));

    private static void Print(TextWriter output, DiffDocument diff)
    {
        foreach (var change in diff.Removed) output.WriteLine($"- {change.Path}: {change.Before}");
        foreach (var change in diff.Added) output.WriteLine($"+ {change.Path}: {change.After}");
        foreach (var change in diff.Changed) output.WriteLine($"~ {change.Path}: {change.Before} -> {change.After}");
        if (diff.Removed.Count + diff.Added.Count + diff.Changed.Count == 0) output.WriteLine($"No value differs from {diff.Version}.");
    }
}
