using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway upstreams</c>.</summary>
internal static class UpstreamsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = AdminCommand.Reading(
            "upstreams", "Show upstreams and how their targets stand.", admin, static _ => "/upstreams", AdminJson.Default.UpstreamListDocument, Print);
        admin.AddTo(command);
        return command;
    }

    private static void Print(TextWriter output, UpstreamListDocument list)
    {
        if (list.Upstreams.Count == 0)
        {
            output.WriteLine("No upstreams.");
            return;
        }

        TextTable.Write(
            output,
            ["UPSTREAM", "TARGET", "STATE", "WEIGHT", "IN FLIGHT", "FAILURES IN A ROW", "BACK AT", "CHECKED AT", "PROBLEM"],
            list.Upstreams.SelectMany(u => u.Targets.Select(t => Row(u, t))));
        foreach (var upstream in list.Upstreams.Where(u => u.UsesAll)) output.WriteLine($"{upstream.Id} uses all its targets: more are bad than may be left out.");
    }

    private static string[] Row(UpstreamDocument upstream, UpstreamTargetDocument target) =>
    [
        upstream.Id, target.Name, target.State, Number(target.Weight), Number(target.RequestsInFlight), Number(target.FailuresInRow),
        At(target.EjectedUntil), At(target.CheckedAt), target.CheckProblem ?? "-",
    ];

    private static string At(DateTimeOffset? time) => time is { } at ? KeyPrinter.At(at) : "-";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
