using System.Text.Json;

namespace OrleansGateway.Tests.Sdk;

/// <summary>Judges bodies by OpenAI's own API description, with ajv.</summary>
internal static class OpenAISchema
{
    /// <summary>Fails, naming each fault and its place, unless every body satisfies the schema of its kind and there is at least one.</summary>
    public static Task AssertValidAsync(params IEnumerable<(string Kind, JsonElement Body)> bodies) =>
        AssertValidAsync(bodies.Select(each => $$"""{"kind":"{{each.Kind}}","body":{{JsonSerializer.Serialize(each.Body)}}}"""));

    /// <summary>The same for lines <c>{"kind": …, "body": …}</c>, such as the programs write to the file that CAPTURE names.</summary>
    public static async Task AssertValidAsync(IEnumerable<string> lines)
    {
        var (exitCode, output) = await JudgeAsync(lines);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>The judge's exit code (0: all valid) and its findings, a JSON line for each body refused.</summary>
    public static async Task<(int ExitCode, string Findings)> JudgeAsync(IEnumerable<string> lines)
    {
        var environment = new Dictionary<string, string> { ["OPENAPI"] = Path.Combine(SharedData.FolderOrSkip(), "openai-openapi.json") };
        var (exitCode, output, errors) = await NodeProgram.StartAsync(["schema.mjs"], environment, string.Join('\n', lines));
        return (exitCode, output + errors);
    }
}
