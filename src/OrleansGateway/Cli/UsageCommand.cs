using System.CommandLine;

namespace OrleansGateway.Cli;

/// <summary><c>gateway usage</c>: what was used and what it cost.</summary>
internal static class UsageCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("usage", "Mend what was billed at wrong prices.") { UsageRerateCommand.Create(admin) };
        admin.AddTo(command);
        return command;
    }
}
