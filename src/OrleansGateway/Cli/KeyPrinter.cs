using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;
using Spectre.Console;

namespace OrleansGateway.Cli;

/// <summary>Prints keys for people.</summary>
internal static class KeyPrinter
{
    // Wide enough that a table in a pipe or a file is not folded: those who cut columns need whole lines.
    private const int PipeWidth = 240;

    /// <summary>The key just made. The text stands on a line of its own, so that it can be copied or cut.</summary>
    public static void Issued(InvocationConfiguration writers, string answer, bool json)
    {
        if (json)
        {
            writers.Output.WriteLine(answer);
            return;
        }

        var key = JsonSerializer.Deserialize(answer, AdminJson.Default.KeyDocument)!;
        writers.Output.WriteLine(key.Secret);
        writers.Error.WriteLine($"This is key {key.Id} of {OwnerOf(key)}. Keep it now: it is not shown again.");
        if (key.PreviousUntil is { } until) writers.Error.WriteLine($"The key before is accepted until {At(until)}.");
    }

    /// <summary>A table of keys.</summary>
    public static void Table(TextWriter output, IReadOnlyList<KeyDocument> keys)
    {
        if (keys.Count == 0)
        {
            output.WriteLine("No keys.");
            return;
        }

        var table = new Table().Border(TableBorder.None);
        foreach (var title in (string[])["ID", "KEY", "STATUS", "OWNER", "NAME", "MODELS", "CREATED", "EXPIRES"])
            table.AddColumn(new TableColumn(new Text(title)).PadLeft(0).PadRight(2));
        foreach (var key in keys)
        {
            string[] cells =
            [
                key.Id, key.Display, key.Status, OwnerOf(key), key.Name ?? "-", string.Join(' ', key.Models), At(key.CreatedAt),
                key.ExpiresAt is { } expires ? At(expires) : "never",
            ];
            table.AddRow(cells.Select(c => new Text(c)));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.No });
        if (output != Console.Out || Console.IsOutputRedirected) console.Profile.Width = PipeWidth;
        console.Write(table);
    }

    private static string OwnerOf(KeyDocument key) => string.Join('/', new[] { key.Tenant, key.Team, key.User }.OfType<string>());

    private static string At(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);
}
