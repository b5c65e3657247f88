using System.CommandLine;
using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cli;

/// <summary>
/// <c>gateway admin-token reset</c>: for the operator who has lost it. Works on the state folder, since without the token nobody may ask the gateway; on a node of a cluster, on the
/// cluster's store, which its configuration names.
/// </summary>
internal static class AdminTokenCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var state = new Option<string>("--state") { Description = "The state folder.", DefaultValueFactory = _ => ".gateway" };
        var config = new Option<string?>("--config") { Description = "The configuration file of a cluster's node: the token is all nodes'. Default: none, the gateway is one machine." };
        var reset = new Command("reset", "Make a new admin token; the one before is refused at once.") { state, config };
        reset.SetAction((parsed, cancellation) =>
        {
            var writers = parsed.InvocationConfiguration;
            return parsed.GetValue(config) is { } file
                ? ResetOfClusterAsync(file, environment, writers.Output, writers.Error, cancellation)
                : ResetAsync(parsed.GetRequiredValue(state), writers.Output, writers.Error, cancellation);
        });
        return new Command("admin-token", "The token of the admin API.") { reset };
    }

    private static async Task<int> ResetAsync(string state, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(state, KeptConfiguration.FileName)))
        {
            await error.WriteLineAsync($"{state} is the state of a cluster's node, and the token is all nodes'. Name the node's configuration: admin-token reset --config gateway.yaml");
            return 1;
        }

        if (!File.Exists(Path.Combine(state, SqliteDatabase.FileName)))
        {
            await error.WriteLineAsync($"There is no state of a gateway in {state}. Name its folder with --state.");
            return 1;
        }

        try
        {
            using var database = SqliteDatabase.Open(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
            await MakeAsync(new SqliteAdminTokenStore(database), state, output, cancellation);
            await error.WriteLineAsync("This is the new admin token. The one before is refused from now on.");
            return 0;
        }
        catch (Exception refused) when (refused is StorageException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    /// <summary>Only what is the node's own is read of the file: variables that the rest names need not be set here.</summary>
    private static async Task<int> ResetOfClusterAsync(string file, Func<string, string?> environment, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var reading = new ConfigurationReader(environment).ReadOwn(file);
        if (reading.File.Length > 0 && !reading.Findings.IsGiven("cluster"))
        {
            await error.WriteLineAsync($"{file} has no section cluster, so the gateway is one machine: name its state folder with --state.");
            return 1;
        }

        foreach (var fault in reading.Faults) await error.WriteLineAsync(fault.ToString());
        if (reading.Settings is not { Cluster: { } cluster } settings) return 1;
        try
        {
            var state = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, settings.State);
            SqliteDatabase.CreateFolder(state);
            await using var database = await PostgresDatabase.OpenAsync(cluster.Postgres!.Reveal(), TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation, cluster.Silo.ToString());
            await MakeAsync(new PostgresAdminStore(database), state, output, cancellation);
            await error.WriteLineAsync($"This is the new admin token of the cluster {cluster.Name}. The one before is refused on all nodes from now on; {state} has it for the command line here.");
            return 0;
        }
        catch (Exception refused) when (refused is StorageException or DbException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    private static async Task MakeAsync(IAdminTokenStore store, string state, TextWriter output, CancellationToken cancellation)
    {
        var audit = new AuditEntry(TimeProvider.System.GetUtcNow(), AuditActor.Local(Environment.UserName), "admin_token.reset", AdminPrincipal.BootstrapId);
        var token = await AdminToken.MakeAsync(store, state, audit, cancellation);
        await output.WriteLineAsync(token.Fresh!.Reveal());
    }
}
