using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests;

/// <summary>
/// Parts of the gateway in a process of their own, to be killed: this test program, told by its first argument to be something else. It prints what was acknowledged, a line each.
/// </summary>
internal static class Child
{
    private const string Switch = "--child";

    /// <summary>Starts one.</summary>
    /// <param name="work">A name that <c>RunAsync</c> knows.</param>
    /// <param name="at">Where its state is: a folder, or a database.</param>
    public static GatewayProcess Start(string work, string at) => GatewayProcess.StartProgram(Environment.ProcessPath!, Path.GetTempPath(), Switch, work, at);

    public static async Task<int> Main(string[] args)
    {
        if (args is [Switch, var work, var at])
        {
            await RunAsync(work, at);
            return 0;
        }

        // As the entry point that xunit generates: dotnet test asks for the testing platform, a terminal for the console.
        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }

    private static Task RunAsync(string work, string at) => work switch
    {
        "ledger-sqlite" => Storage.Ledger.LedgerChild.SqliteAsync(at),
        "ledger-postgres" => Storage.Ledger.LedgerChild.PostgresAsync(at),
        "usage-sqlite" => Storage.Usage.UsageChild.SqliteAsync(at),
        "usage-postgres" => Storage.Usage.UsageChild.PostgresAsync(at),
        "usage" => Usage.UsageChild.SqliteAsync(at),
        "usage-log-postgres" => Usage.UsageChild.PostgresAsync(at),
        "webhooks" => Events.WebhookChild.RunAsync(at),
        "journal" => Leases.Journal.JournalChild.RunAsync(at),
        _ => throw new ArgumentOutOfRangeException(nameof(work), work, "No such child."),
    };
}
