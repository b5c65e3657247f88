using System.CommandLine;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary><c>gateway config</c>: what the configuration file may hold, for editors and for people.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var schema = new Command("schema", "Print the JSON Schema of the configuration file.");
        schema.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(ConfigurationSchema.Write()));
        var docs = new Command("docs", "Print the reference page of all settings, in Markdown.");
        docs.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(ConfigurationReference.Write()));
        return new Command("config", "Describe the configuration file.") { schema, docs };
    }
}
