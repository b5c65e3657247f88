using System.CommandLine;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Cli;

/// <summary><c>gateway events</c>: says what a message would invalidate, and shows those that were refused.</summary>
internal static class EventsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("events", "Try events of backends against the configuration; show those that were refused.") { Test(environment), Parked(admin), Act(admin, "retry"), Act(admin, "delete") };
        admin.AddTo(command);
        return command;
    }

    private static Command Test(Func<string, string?> environment)
    {
        var file = new Argument<string>("FILE") { Description = "File with the body of a message." };
        var config = new Option<string>("--config") { Description = "The configuration file.", DefaultValueFactory = static _ => "gateway.yaml" };
        var source = new Option<string?>("--source") { Description = "Id of the source. Not needed where there is one." };
        var header = new Option<string[]>("--header") { Description = "A header of the message, as name=value. May be given several times." };
        var command = new Command("test", "Show what a message would invalidate. Asks no gateway, and invalidates nothing.") { file, config, source, header };
        command.Run((result, _) =>
        {
            var reading = new ConfigurationReader(environment).Read(result.GetRequiredValue(config));
            if (reading.Settings is not { } settings) throw new CliException(string.Join(Environment.NewLine, reading.Faults.Select(static f => f.ToString())));
            var found = SourceOf(settings.Invalidation.Sources, result.GetValue(source));
            var path = result.GetRequiredValue(file);
            if (!File.Exists(path)) throw new CliException($"There is no file {path}.");
            var headers = new MessageHeaders((result.GetValue(header) ?? []).Select(HeaderOf));
            Print(result.InvocationConfiguration.Output, found, EventMapper.Map(found, headers, File.ReadAllBytes(path)));
            return Task.CompletedTask;
        });
        return command;
    }

    private static void Print(TextWriter output, EventSource source, Mapping mapping)
    {
        if (mapping.Rejected is { } rejected) throw new CliException($"It would be refused and kept ({rejected.Code}): {rejected.Reason}");
        output.WriteLine($"Source:   {source.Name}");
        if (mapping.Nothing is { } reason)
        {
            output.WriteLine($"Nothing:  {reason}");
            return;
        }

        var request = mapping.Request!;
        output.WriteLine($"Tenant:   {(request.Tenant == Mapping.AllTenants ? "all" : request.Tenant)}");
        output.WriteLine($"Mode:     {(request.Mode == InvalidationMode.Soft ? "soft" : "hard")}");
        output.WriteLine($"Event id: {request.EventId?[(source.Name.Length + 1)..] ?? "none; the message counts each time it comes"}");
        foreach (var selector in request.Selectors) output.WriteLine($"Purges:   {selector}");
    }

    private static EventSource SourceOf(IReadOnlyDictionary<string, InvalidationSourceSettings> sources, string? name)
    {
        var known = sources.Count == 0 ? "There is no source in invalidation.sources." : $"There are: {string.Join(", ", sources.Keys.Order(StringComparer.Ordinal))}.";
        if (name is null) return sources.Count == 1 ? new EventSource(sources.First().Key, sources.First().Value) : throw new CliException($"Say which source by --source. {known}");
        return sources.TryGetValue(name, out var settings) ? new EventSource(name, settings) : throw new CliException($"There is no source '{name}'. {known}");
    }

    private static KeyValuePair<string, string> HeaderOf(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? new(text[..at], text[(at + 1)..]) : throw new CliException($"A header is name=value, and not '{text}'.");

    private static Command Parked(AdminOptions admin)
    {
        var (source, limit) = (new Option<string?>("--source") { Description = "Only of this source." }, new Option<string?>("--limit") { Description = "How many at most, 1 to 1000; 100 unless told." });
        var cursor = new Option<string?>("--cursor") { Description = "Where the page before ended." };
        return AdminCommand.Reading(
            "parked", "Messages that were refused, oldest first, and why.", admin,
            result => "/events/parked?" + (AdminCommand.Filter("source", result.GetValue(source)) + AdminCommand.Filter("limit", result.GetValue(limit))
                + AdminCommand.Filter("cursor", result.GetValue(cursor))).TrimStart('&'),
            AdminJson.Default.ParkedListDocument, static (output, list) =>
            {
                if (list.Messages.Count == 0) output.WriteLine("No refused messages.");
                else TextTable.Write(output, ["NUMBER", "SOURCE", "AT", "CODE", "REASON"], list.Messages.Select(static m => new[]
                {
                    m.Number.ToString(CultureInfo.InvariantCulture), m.Source, KeyPrinter.At(m.At), m.Code, m.Reason,
                }));
                if (list.NextCursor is { } next) output.WriteLine($"There are more: --cursor {next}");
            }, source, limit, cursor);
    }

    private static Command Act(AdminOptions admin, string name)
    {
        var number = new Argument<long>("number") { Description = "Number of the message." };
        var command = new Command(name, name == "retry" ? "Take in a refused message by the rules that are in force now." : "Forget a refused message.") { number };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var path = AdminCommand.AdminPath("/events/parked/" + result.GetRequiredValue(number).ToString(CultureInfo.InvariantCulture));
            if (name == "retry") await client.PostAsync(path + "/retry", cancellation);
            else await client.DeleteAsync(path, cancellation);
            result.InvocationConfiguration.Output.WriteLine(name == "retry" ? "Taken in." : "Deleted.");
        });
        return command;
    }
}
