using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = AdminCommand.Reading("status", "Show a running gateway and its providers.", admin, static _ => "/status", AdminJson.Default.StatusDocument, Print);
        admin.AddTo(command);
        return command;
    }

    private static void Print(TextWriter output, StatusDocument status)
    {
        output.WriteLine($"gateway {status.Version}, {status.State}, up {TimeSpan.FromSeconds(status.UptimeSeconds)} since {KeyPrinter.At(status.StartedAt)}");
        output.WriteLine($"clients call {string.Join(' ', status.DataListeners)}");
        output.WriteLine($"configuration {status.Configuration.Version} since {KeyPrinter.At(status.Configuration.LoadedAt)}, {status.Configuration.LastFaults.Count} faults in the last file");
        output.WriteLine($"{status.RequestsInFlight} requests in flight, {status.KeysLoaded} keys made at run time");
        if (status.Providers.Count == 0) return;
        output.WriteLine();
        TextTable.Write(output, ["PROVIDER", "HEALTH", "ATTEMPTS (5 min)", "FAILURES"], status.Providers.Select(p => new[]
        {
            p.Id, p.Health, p.Attempts.ToString(CultureInfo.InvariantCulture), p.Failures.ToString(CultureInfo.InvariantCulture),
        }));
    }
}
