using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Tidy;

/// <summary>Calls that must not be in the sources, each with what to do in its place, and the folders where it may be all the same.</summary>
internal static class BannedCalls
{
    private const string Clock = "take a TimeProvider: tests then never wait";
    private const string Terminal = "only the command line talks to a terminal; elsewhere use a logger";
    private static readonly string[] Programs = ["src/OrleansGateway/Cli/", "src/OrleansGateway.Server/"];

    private static readonly (string Pattern, string Reason, string[] MayBeIn)[] InSources =
    [
        (@"\bDateTime(?:Offset)?\.(?:UtcNow|Now|Today)\b", Clock, []),
        (@"\bStopwatch\b", "take a TimeProvider: GetTimestamp and GetElapsedTime", []),
        (@"\bTask\.Delay\((?!(?:[^()]|\((?:[^()]|\([^()]*\))*\))*,\s*\w*[tT]ime\w*\b)", "hand Task.Delay a TimeProvider: tests then never wait", []),
        (@"\bThread\.Sleep\b", "await a timer of a TimeProvider: a sleep holds a thread", []),
        (@"\bGuid\.NewGuid\b", "take a Random, or RandomNumberGenerator for what must not be guessed", []),
        (@"\bnew Random\b", "take a Random: a failure can then be replayed by its seed", []),
        (@"\.Result\b(?!\s*\()|\.GetAwaiter\(\)\.GetResult\(\)", "await it: blocking starves the thread pool", Programs),
        (@"\basync\s+void\b", "return a Task: nobody sees the exception of an async void", []),
        (@"\bConsole\.(?:Write|Out|Error|Read)", Terminal, Programs),
        (@"\b(?:float|double)\??\s+_?\w*(?i:cost|price|money|amount|dollar|budget)\w*", "money is whole nano-dollars in a long", []),
    ];

    // Tests may block and print, but must not wait for real time to pass, nor draw what no one can draw again.
    private static readonly (string Pattern, string Reason, string[] MayBeIn)[] InTests =
    [
        (@"\bThread\.Sleep\b", "move a ManualTime on, or wait for the event itself", []),
        (@"\bnew Random\(\)", "give it a seed: a failure must be repeatable", []),
        (@"\basync\s+void\b", "return a Task: a test that is async void cannot fail", []),
    ];

    public static IEnumerable<string> In(SourceFile file)
    {
        var rules = file.IsIn("src/") ? InSources : file.IsIn("tests/") ? InTests : [];
        var code = CodeOnly.Of(file.Text);
        return from rule in rules
               where !rule.MayBeIn.Any(file.IsIn)
               from Match match in Regex.Matches(code, rule.Pattern)
               select $"{file.Path}:{SourceRules.LineOf(code, match.Index)}: {match.Value} is banned: {rule.Reason}";
    }
}
