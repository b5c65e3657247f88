using System.Text.Json;

namespace OrleansGateway.Tests.Sdk;

/// <summary>What a program printed, and how it ended.</summary>
internal sealed record NodeRun(string Program, IReadOnlyList<string> Asked, int ExitCode, string Output, string Errors)
{
    /// <summary>Outcome of each scenario that the program came to.</summary>
    public IReadOnlyList<ScenarioResult> Results { get; } = [.. Output.Split('\n').Where(line => line.StartsWith('{')).Select(ScenarioResult.Parse)];

    /// <summary>Names of the scenarios that failed.</summary>
    public IEnumerable<string> Failed => Results.Where(result => !result.Ok).Select(result => result.Name);

    /// <summary>Fails, with all that the program printed, unless every scenario asked for was run and passed.</summary>
    public NodeRun AssertPassed()
    {
        var missing = Asked.Except(Results.Select(result => result.Name));
        Assert.True(ExitCode == 0 && !missing.Any() && !Failed.Any() && Results.Count > 0, this.ToString());
        return this;
    }

    public override string ToString() =>
        string.Join('\n', [$"{Program} ended with {ExitCode}.", .. Results.Where(r => !r.Ok).Select(r => $"{r.Name}: {r.Detail}"), Output, Errors]);
}

/// <summary>Outcome of one scenario.</summary>
internal sealed record ScenarioResult(string Name, bool Ok, string Detail)
{
    public static ScenarioResult Parse(string line)
    {
        var json = JsonElement.Parse(line);
        return new ScenarioResult(json.GetProperty("name").GetString()!, json.GetProperty("ok").GetBoolean(), json.GetProperty("detail").ToString());
    }
}
