using System.CommandLine;

namespace OrleansGateway.Cli;

/// <summary><c>gateway usage export</c>: records, or a report, as CSV or JSON lines of any length, to the output or into a file that is there only once it is whole.</summary>
internal static class UsageExportCommand
{
    public static Command Create(AdminOptions admin)
    {
        var (by, since, until, filters) = (UsageCommand.By(null), UsageCommand.Since("24h"), UsageCommand.Until(), UsageCommand.Filters());
        var format = new Option<string>("--format") { Description = "csv or jsonl.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "jsonl");
        var step = new Option<string?>("--step") { Description = "Of a report: a row for each none, minute, hour, day, week or month." };
        var zone = new Option<string?>("--zone") { Description = "Of a report: time zone that days begin in. Default: UTC." };
        var file = new Option<string?>("--output", "-o") { Description = "File to write. Default: to the output." };
        var command = new Command("export", "Export records; or, with --by or --step, a report.") { by, step, zone, since, until, format, file };
        foreach (var filter in filters.Values) command.Add(filter);
        command.Run(async (result, cancellation) =>
        {
            var isReport = result.GetValue(by) is not null || result.GetValue(step) is not null;
            var path = AdminCommand.AdminPath(isReport ? "/usage" : "/usage/records") + $"?format={result.GetValue(format)}"
                + AdminCommand.Filter("by", result.GetValue(by)) + AdminCommand.Filter("step", result.GetValue(step)) + AdminCommand.Filter("zone", result.GetValue(zone))
                + AdminCommand.Filter("from", result.GetValue(since)) + AdminCommand.Filter("to", result.GetValue(until)) + UsageCommand.Query(result, filters);
            using var client = admin.Client(result);
            if (result.GetValue(file) is { } name) await ToFileAsync(client, path, name, cancellation);
            else await client.ReadAsync(path, stream => CopyAsync(stream, result.InvocationConfiguration.Output, cancellation), cancellation);
        });
        return command;
    }

    private static async Task ToFileAsync(AdminClient client, string path, string name, CancellationToken cancellation)
    {
        var part = name + ".part";
        try
        {
            await client.ReadAsync(path, async stream =>
            {
                await using var output = File.Create(part);
                await stream.CopyToAsync(output, cancellation);
            }, cancellation);
            File.Move(part, name, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not HttpIOException)
        {
            throw new CliException($"{name} cannot be written: {e.Message}");
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task CopyAsync(Stream stream, TextWriter output, CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream);
        var piece = new char[16 << 10];
        for (int read; (read = await reader.ReadAsync(piece, cancellation)) > 0;) await output.WriteAsync(piece.AsMemory(0, read), cancellation);
    }
}
