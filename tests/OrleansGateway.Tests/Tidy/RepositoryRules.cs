using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Tidy;

/// <summary>What the files besides the code must be.</summary>
internal static partial class RepositoryRules
{
    public const long FileBytesMax = 1024 * 1024;

    public static IEnumerable<string> IsNotTooLarge(string path, long bytes)
    {
        if (bytes > FileBytesMax) yield return $"{path}: {bytes} bytes; a clone carries every version of it for ever";
    }

    public static IEnumerable<string> VersionsAreCentral(SourceFile file) =>
        file.Path is "Directory.Packages.props"
            ? []
            : PackageVersion().Matches(file.Text).Select(m => $"{file.Path}:{SourceRules.LineOf(file.Text, m.Index)}: versions belong in Directory.Packages.props");

    /// <param name="file">A page in Markdown.</param>
    /// <param name="exists">Whether there is a file or folder at a path from the root.</param>
    public static IEnumerable<string> LinksLeadSomewhere(SourceFile file, Func<string, bool> exists)
    {
        var prose = Fenced().Replace(file.Text, m => new string('\n', m.Value.Count(c => c == '\n')));
        foreach (Match link in Link().Matches(prose))
        {
            var target = Uri.UnescapeDataString(link.Groups["target"].Value.Split('#')[0]);
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
            if (!exists(PathOf(file.Path, target))) yield return $"{file.Path}:{SourceRules.LineOf(prose, link.Index)}: nothing at {target}";
        }
    }

    /// <summary>Operators find a message by its number, in whatever program.</summary>
    public static IEnumerable<string> LogNumbersAreUnique(IEnumerable<SourceFile> code) =>
        code.SelectMany(static f => LogNumber().Matches(f.Text).Select(m => (Number: m.Groups["number"].Value, At: $"{f.Path}:{SourceRules.LineOf(f.Text, m.Index)}")))
            .GroupBy(static message => message.Number)
            .Where(static same => same.Count() > 1)
            .Select(static same => $"{string.Join(", ", same.Select(static message => message.At))}: all are number {same.Key}");

    private static string PathOf(string page, string target)
    {
        var start = target.StartsWith('/') ? "" : Path.GetDirectoryName(page)!;
        return Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", start, target.TrimStart('/')))).Replace('\\', '/');
    }

    [GeneratedRegex("""<PackageReference\b[^>]*\bVersion(?:Override)?\s*=|<PackageVersion\b""")]
    private static partial Regex PackageVersion();

    [GeneratedRegex("""\]\((?<target>[^)\s]+)(?:\s+"[^"]*")?\)|\b(?:src|href)="(?<target>[^"]+)"|^\[[^\]]+\]:\s+(?<target>\S+)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("""\[LoggerMessage\((?<number>\d+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex LogNumber();

    [GeneratedRegex("^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
