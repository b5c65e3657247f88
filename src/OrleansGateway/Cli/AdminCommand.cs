using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansGateway.Cli;

/// <summary>What commands that show an answer of the admin API have in common.</summary>
internal static class AdminCommand
{
    /// <summary>A command that asks for one document, and prints it as it came or as people read it.</summary>
    public static Command Reading<T>(
        string name, string description, AdminOptions admin, Func<ParseResult, string> path, JsonTypeInfo<T> type, Action<TextWriter, T> print, params Option[] options)
    {
        var json = KeysCommand.JsonOption();
        var command = new Command(name, description) { json };
        foreach (var option in options) command.Add(option);
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await client.GetAsync(AdminPath(path(result)), cancellation);
            Print(result, result.GetValue(json), answer, type, print);
        });
        return command;
    }

    /// <summary>Prints an answer as it came, or as people read it.</summary>
    public static void Print<T>(ParseResult result, bool json, string answer, JsonTypeInfo<T> type, Action<TextWriter, T> print)
    {
        var output = result.InvocationConfiguration.Output;
        if (json) output.WriteLine(answer);
        else print(output, JsonSerializer.Deserialize(answer, type)!);
    }

    public static string AdminPath(string path) => Admin.AdminEndpoint.Root + path;

    /// <summary>A parameter of a query, to be put behind others; nothing if it has no value.</summary>
    public static string Filter(string name, string? value) => string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
