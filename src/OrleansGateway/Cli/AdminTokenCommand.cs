using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Storage;

namespace OrleansGateway.Cli;

/// <summary><c>gateway admin-token reset</c>: for the operator who has lost it. Works on the state folder, since without the token nobody may ask the gateway.</summary>
internal static class AdminTokenCommand
{
    public static Command Create()
    {
        var state = new Option<string>("--state") { Description = "The state folder.", DefaultValueFactory = _ => ".gateway" };
        var reset = new Command("reset", "Make a new admin token; the one before is refused at once.") { state };
        reset.SetAction((parsed, cancellation) =>
        {
            var writers = parsed.InvocationConfiguration;
            return ResetAsync(parsed.GetRequiredValue(state), writers.Output, writers.Error, cancellation);
        });
        return new Command("admin-token", "The token of the admin API.") { reset };
    }

    private static async Task<int> ResetAsync(string state, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (!File.Exists(Path.Combine(state, SqliteDatabase.FileName)))
        {
            await error.WriteLineAsync($"There is no state of a gateway in {state}. Name its folder with --state.");
            return 1;
        }

        try
        {
            using var database = SqliteDatabase.Open(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
            var audit = new AuditEntry(
                TimeProvider.System.GetUtcNow(), AuditActor.Local(Environment.UserName), "admin_token.reset", AdminPrincipal.BootstrapId);
            var token = await AdminToken.MakeAsync(new SqliteAdminTokenStore(database), state, audit, cancellation);
            await output.WriteLineAsync(token.Fresh!.Reveal());
            await error.WriteLineAsync("This is the new admin token. The one before is refused from now on.");
            return 0;
        }
        catch (Exception refused) when (refused is StorageException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(refused.Message);
            return 1;
        }
    }
}
