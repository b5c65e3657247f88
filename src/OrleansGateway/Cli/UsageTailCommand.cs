using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Cli;

/// <summary><c>gateway usage tail</c>: a line for each record as the gateway writes it, until it is stopped.</summary>
internal static class UsageTailCommand
{
    public static Command Create(AdminOptions admin)
    {
        var filters = UsageCommand.Filters();
        var json = KeysCommand.JsonOption();
        var command = new Command("tail", "Watch requests as they end, until Ctrl+C.") { json };
        foreach (var filter in filters.Values) command.Add(filter);
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var query = UsageCommand.Query(result, filters).TrimStart('&');
            try
            {
                await client.ReadAsync(AdminCommand.AdminPath("/usage/tail") + (query.Length == 0 ? "" : "?" + query), stream => PrintAsync(stream, result, result.GetValue(json), cancellation), cancellation);
            }
            catch (OperationCanceledException)
            {
                // Ctrl+C is how it ends.
            }
        });
        return command;
    }

    private static async Task PrintAsync(Stream stream, ParseResult result, bool json, CancellationToken cancellation)
    {
        var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellation))
        {
            if (item.EventType == "lost") await error.WriteLineAsync($"Some records came too fast and are not shown: {item.Data}");
            else if (json) await output.WriteLineAsync(item.Data);
            else await output.WriteLineAsync(LineOf(JsonSerializer.Deserialize(item.Data, AdminJson.Default.UsageRecordDocument)!));
        }

        await error.WriteLineAsync("The gateway has ended the tail: it stops.");
    }

    private static string LineOf(UsageRecordDocument r)
    {
        var tokens = r.Tokens.Input + r.Tokens.CacheRead + r.Tokens.CacheWrite + r.Tokens.CacheWrite1h;
        var who = string.Join('/', new[] { r.Tenant, r.Team, r.User }.OfType<string>());
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{KeyPrinter.At(r.At)} {r.Status} {r.Outcome} {who} {r.Key ?? "-"} {r.Model ?? r.Route ?? "-"} > {r.TargetModel ?? "-"}@{r.Provider ?? "-"} {tokens}+{r.Tokens.Output} tokens {r.Billed} USD {r.DurationMs:0} ms{(r.Error is null ? "" : " " + r.Error)}");
        // Users and teams are named by tokens: none of them may steer a terminal.
        return string.Concat(line.Select(c => char.IsControl(c) ? '?' : c));
    }
}
