using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Bench;

/// <summary>
/// <c>renewals</c>: how many renewals a second one owner answers. Joins a cluster as edges do, and asks the owner of one account for more, in so many sessions at once, each as fast as it is
/// answered: one renewal a request, which is the least that a request carries.
/// </summary>
internal static class RenewalsCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "Configuration file of a node of the cluster.", Required = true };
        var rule = new Option<string>("--rule") { Description = "Id of the rule: rate_limits.requests", Required = true };
        var scope = new Option<string>("--scope") { Description = "Whose account of it: a tenant's id.", Required = true };
        var sessions = new Option<int>("--sessions") { Description = "Sessions, each with one request under way.", DefaultValueFactory = _ => 64 };
        var seconds = new Option<int>("--seconds") { Description = "Time measured, after the warm-up.", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of load before that.", DefaultValueFactory = _ => 10 };
        var command = new Command("renewals", "Measure the renewals of one owner.") { config, rule, scope, sessions, seconds, warmUp };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(config), new AccountId(parsed.GetRequiredValue(rule), parsed.GetRequiredValue(scope)), parsed.GetValue(sessions),
            TimeSpan.FromSeconds(parsed.GetValue(warmUp)), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string config, AccountId account, int sessions, TimeSpan warmUp, TimeSpan seconds, CancellationToken cancellation)
    {
        using var source = new SnapshotSource(config, Environment.GetEnvironmentVariable, TimeProvider.System, NullLogger<SnapshotSource>.Instance);
        foreach (var fault in source.Load()) Console.Error.WriteLine(fault);
        if (!source.IsLoaded) return 1;
        await using var node = await ClusterNode.JoinAsync(source.Current.Settings.Cluster!, owners: null, tls: null, TimeProvider.System, NullLoggerFactory.Instance, cancellation);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var all = Enumerable.Range(0, sessions).Select(_ => new RenewingSession(node.Grains, account)).ToArray();
        var running = Task.WhenAll(all.Select(s => s.RunAsync(over.Token)));
        await Task.WhenAny(running, Task.Delay(warmUp, cancellation));
        var (before, began) = (all.Sum(s => s.Renewed), Stopwatch.GetTimestamp());
        await Task.WhenAny(running, Task.Delay(seconds, cancellation));
        var (renewed, took) = (all.Sum(s => s.Renewed) - before, Stopwatch.GetElapsedTime(began));
        await over.CancelAsync();
        await running;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"sessions":{{sessions}},"renewals_per_second":{{renewed / took.TotalSeconds:0}},"refused":{{all.Sum(s => s.Refused)}}}"""));
        await node.LeaveAsync();
        return 0;
    }
}
