using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>Reads the names in a query of Prometheus, well enough for ours.</summary>
internal static partial class PromQuery
{
    /// <summary>Labels that Prometheus adds when it scrapes, and the one that histograms have.</summary>
    public static readonly string[] AddedLabels = ["instance", "job", "le"];

    /// <summary>Identifiers that are neither functions, nor keywords, nor labels.</summary>
    public static List<string> MetricsIn(string query)
    {
        var bare = Duration().Replace(Grouping().Replace(Selector().Replace(query, ""), ""), "");
        return [.. Identifier().Matches(bare).Select(m => m.Value).Where(name => !Keyword().IsMatch(name)).Distinct()];
    }

    public static IEnumerable<string> LabelsIn(string query) =>
        Label().Matches(query).Select(m => m.Groups[1].Value)
            .Concat(Grouping().Matches(query).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            .Distinct();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Duration();

    [GeneratedRegex(@"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\w|\s*\()")]
    private static partial Regex Identifier();

    [GeneratedRegex("^(?:by|without|on|ignoring|group_left|group_right|and|or|unless|bool|offset|sum|max|min|avg|count|topk)$")]
    private static partial Regex Keyword();

    [GeneratedRegex("""([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*["]""")]
    private static partial Regex Label();
}
