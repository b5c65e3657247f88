using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway-cluster cluster</c>: shows the nodes of a cluster, and takes one out of it.</summary>
internal static class ClusterCommand
{
    // Home, and the rest of the screen erased: what is longer than the new table does not stay.
    private const string Clear = "\e[H\e[J";

    public static Command Create(TimeProvider time, Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("cluster", "Show the nodes of a cluster, or take one out of it.")
        {
            AdminCommand.Reading("status", "Show the nodes as each told of itself in the last seconds.", admin, static _ => "/cluster", AdminJson.Default.ClusterDocument, Print),
            Drain(admin), Top(admin, time),
        };
        admin.AddTo(command);
        return command;
    }

    private static Command Drain(AdminOptions admin)
    {
        var node = new Argument<string>("NODE") { Description = "Id of the node; or its name or address, if no other node has the same." };
        var command = new Command("drain", "Have a node leave as at SIGTERM: it is not ready, ends its requests, hands its owners over, and its program ends.") { node };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var nodes = JsonSerializer.Deserialize(await client.GetAsync(AdminCommand.AdminPath("/cluster"), cancellation), AdminJson.Default.ClusterDocument)!.Nodes;
            var id = IdOf(result.GetRequiredValue(node), nodes);
            await client.PostAsync(AdminCommand.AdminPath($"/cluster/nodes/{Uri.EscapeDataString(id)}/drain"), cancellation);
            await result.InvocationConfiguration.Output.WriteLineAsync($"{id} is told to leave; cluster status shows it until it has.");
        });
        return command;
    }

    private static Command Top(AdminOptions admin, TimeProvider time)
    {
        var every = new Option<int>("--every") { Description = "Seconds between two looks, 1 to 3600.", DefaultValueFactory = static _ => 2 };
        every.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 3600) result.AddError("--every must be 1 to 3600.");
        });
        var count = new Option<int?>("--count") { Description = "How often to look. Default: until Ctrl+C." };
        var json = KeysCommand.JsonOption();
        var command = new Command("top", "Show the nodes again and again.") { every, count, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(result.GetValue(every)), time);
            try
            {
                for (var left = result.GetValue(count) ?? int.MaxValue; left > 0; left--)
                {
                    var answer = await client.GetAsync(AdminCommand.AdminPath("/cluster"), cancellation);
                    if (!result.GetValue(json) && !Console.IsOutputRedirected) await result.InvocationConfiguration.Output.WriteAsync(Clear);
                    AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.ClusterDocument, Print);
                    if (left > 1) await timer.WaitForNextTickAsync(cancellation);
                }
            }
            catch (OperationCanceledException)
            {
                // Ctrl+C is how it ends.
            }
        });
        return command;
    }

    private static string IdOf(string text, IReadOnlyList<NodeDocument> nodes)
    {
        if (nodes.Any(n => n.Id == text)) return text;
        var meant = nodes.Where(n => n.Name == text || n.Address == text).ToArray();
        return meant switch
        {
            [var one] => one.Id,
            [] => throw new CliException($"The cluster has no node with the id, name or address {text}."),
            _ => throw new CliException($"{text} are several nodes: {string.Join(", ", meant.Select(static n => n.Id))}. Name one by its id."),
        };
    }

    private static void Print(TextWriter output, ClusterDocument cluster)
    {
        output.WriteLine($"cluster {cluster.Name}, {cluster.Nodes.Count} nodes, {cluster.Nodes.Count(static n => n.Ready)} ready");
        TextTable.Write(
            output,
            ["NODE", "NAME", "ADDRESS", "ROLE", "VERSION", "SINCE", "STATE", "READY", "OWNERS", "LEASES", "RENEWALS/S", "GRANTS", "IN FLIGHT", "INVALIDATION LAG", "CACHE", "USAGE LAG", "HEARD"],
            cluster.Nodes.Select(Row));
    }

    private static string[] Row(NodeDocument node) =>
    [
        node.Id, node.Name, node.Address, node.Role, node.Version, KeyPrinter.At(node.Since), node.State, node.Ready ? "yes" : "no",
        Number(node.Silo?.Owners), Number(node.Silo?.Leases), node.Silo is { } silo ? silo.RenewalsPerSecond.ToString("0.#", CultureInfo.InvariantCulture) : "-",
        node.Silo is null ? "-" : node.Silo.MayGrant ? "yes" : "no",
        Number(node.Edge?.RequestsInFlight), Seconds(node.Edge?.InvalidationLagSeconds), node.Edge is null ? "-" : node.Edge.MayServeCached ? "trusted" : "not trusted",
        Seconds(node.Edge?.UsageLagSeconds), Seconds(node.HeardSecondsAgo) + " ago",
    ];

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Seconds(double? seconds) => seconds is { } known ? known.ToString("0.0", CultureInfo.InvariantCulture) + " s" : "-";
}
