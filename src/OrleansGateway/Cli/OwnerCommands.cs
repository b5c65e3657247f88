using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansGateway.Admin;
using OrleansGateway.Tenants;

namespace OrleansGateway.Cli;

/// <summary>What <c>tenants</c>, <c>teams</c> and <c>users</c> have in common: list, show, create, update, delete.</summary>
/// <param name="kind">Word for one of them.</param>
/// <param name="admin">How to reach the gateway.</param>
/// <param name="path">Path of their list, for what the command line says.</param>
/// <param name="above">Options that say which list.</param>
internal sealed class OwnerCommands<TList, TOne>(string kind, AdminOptions admin, Func<ParseResult, string> path, params Option<string>[] above)
{
    public required JsonTypeInfo<TList> ListType { get; init; }
    public required JsonTypeInfo<TOne> OneType { get; init; }
    public required Func<TList, (IReadOnlyList<TOne> Items, string? Next)> Page { get; init; }
    public required Func<IReadOnlyList<TOne>, TList> Whole { get; init; }
    public required string[] Titles { get; init; }
    public required Func<TOne, string[]> Row { get; init; }

    /// <summary>Whether they have a state of their own, which can be changed.</summary>
    public bool CanBeDisabled { get; init; }

    /// <summary>Adds the five commands.</summary>
    public void AddTo(Command command)
    {
        foreach (var each in (Command[])[List(), Show(), Make(), Change(), Delete()])
        {
            foreach (var option in above) each.Add(option);
            command.Add(each);
        }

        admin.AddTo(command);
    }

    private Command List()
    {
        var json = KeysCommand.JsonOption();
        var command = new Command("list", $"List {kind}s, in the order of their ids.") { json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var found = new List<TOne>();
            for (string? cursor = ""; cursor is not null;)
            {
                var answer = await client.GetAsync(Path(result) + "?limit=1000" + AdminCommand.Filter("cursor", cursor), cancellation);
                (var items, cursor) = Page(JsonSerializer.Deserialize(answer, ListType)!);
                found.AddRange(items);
            }

            AdminCommand.Print(result, result.GetValue(json), JsonSerializer.Serialize(Whole(found), ListType), ListType, Print);
        });
        return command;
    }

    private Command Show() => One("show", $"Show a {kind}.", (client, path, cancellation) => client.GetAsync(path, cancellation));

    private Command Make()
    {
        var (name, enabled) = (NameOption(), EnabledOption());
        return One("create", $"Make a {kind}. Making it again changes nothing.", Options(name, enabled), (client, result, id, cancellation) => client.SendAsync(
            HttpMethod.Post, Path(result), new OwnerRequest { Id = id, Name = result.GetValue(name), Enabled = Enabled(result, enabled) },
            AdminJson.Default.OwnerRequest, cancellation));
    }

    private Command Change()
    {
        var (name, enabled) = (NameOption(), EnabledOption());
        return One("update", $"Change a {kind} made at run time; what is not named stays.", Options(name, enabled), (client, result, id, cancellation) => client.SendAsync(
            HttpMethod.Patch, PathOf(result, id), new OwnerChange { Name = result.GetValue(name), Enabled = Enabled(result, enabled) },
            AdminJson.Default.OwnerChange, cancellation));
    }

    private Command Delete()
    {
        var id = IdArgument();
        var command = new Command("delete", $"Delete a {kind} made at run time, and all below it. Refused while keys of it are not revoked.") { id };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            await client.DeleteAsync(PathOf(result, result.GetRequiredValue(id)), cancellation);
            result.InvocationConfiguration.Output.WriteLine($"Deleted {kind} {result.GetValue(id)}.");
        });
        return command;
    }

    private Command One(string name, string description, Func<AdminClient, string, CancellationToken, Task<string>> call) =>
        One(name, description, [], (client, result, id, cancellation) => call(client, PathOf(result, id), cancellation));

    /// <summary>A command on one, which shows it as it then is.</summary>
    private Command One(string name, string description, Option[] options, Func<AdminClient, ParseResult, string, CancellationToken, Task<string>> call)
    {
        var id = IdArgument();
        var json = KeysCommand.JsonOption();
        var command = new Command(name, description) { id, json };
        foreach (var option in options) command.Add(option);
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await call(client, result, result.GetRequiredValue(id), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, OneType, (output, one) => TextTable.Write(output, Titles, [Row(one)]));
        });
        return command;
    }

    private void Print(TextWriter output, TList list)
    {
        var (items, _) = Page(list);
        if (items.Count == 0) output.WriteLine($"No {kind}s.");
        else TextTable.Write(output, Titles, items.Select(Row));
    }

    private Option[] Options(Option<string?> name, Option<bool?> enabled) => CanBeDisabled ? [name, enabled] : [name];

    private bool? Enabled(ParseResult result, Option<bool?> enabled) => CanBeDisabled ? result.GetValue(enabled) : null;

    private string Path(ParseResult result) => AdminCommand.AdminPath(path(result));

    private string PathOf(ParseResult result, string id) => $"{Path(result)}/{Uri.EscapeDataString(id)}";

    private Argument<string> IdArgument() => new("id") { Description = $"Id of the {kind}." };

    private static Option<string?> NameOption() => new("--name") { Description = "Name for people to read. Default: the id." };

    private static Option<bool?> EnabledOption() => new("--enabled") { Description = "Whether its keys are accepted: true or false.", HelpName = "true|false" };
}
