using System.CommandLine;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary><c>gateway check FILE</c>: reads a configuration as the gateway would, and prints every fault, and what is hardly meant so.</summary>
internal static class CheckCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration file." };
        var command = new Command("check", "Read a configuration file and print every fault.") { file };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration;
            return Check(parsed.GetRequiredValue(file), environment, output.Output, output.Error);
        });
        return command;
    }

    private static int Check(string path, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var reading = new ConfigurationReader(environment).Read(path);
        foreach (var fault in reading.Faults) error.WriteLine(fault);
        foreach (var warning in reading.Findings.Warnings) error.WriteLine($"warning: {warning}");
        if (reading.Settings is not { } settings) return 1;
        string[] counts =
        [
            Count(settings.Tenants.Count, "tenant"), Count(settings.Keys.Count, "key"), Count(settings.Providers.Count, "provider"),
            Count(settings.Models.Count, "model"), Count(settings.Routes.Count, "route"),
        ];
        output.WriteLine($"{path}: valid ({string.Join(", ", counts)})");
        return 0;
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
