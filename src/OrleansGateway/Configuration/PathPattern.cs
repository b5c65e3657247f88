using System.Buffers;

namespace OrleansGateway.Configuration;

/// <summary>
/// A route's path, compiled: its segments, each fixed or a variable, and whether it serves all below. A path that ends in <c>/</c> is the same as one that ends
/// in <c>/{name...}</c>; one that ends in <c>/{$}</c> ends in an empty segment.
/// </summary>
internal sealed class PathPattern
{
    /// <summary>Deeper paths would only make a request that matches none of them costly.</summary>
    public const int SegmentsMax = 64;

    // Of RFC 3986 §3.3 a path has all the others encoded, and patterns are written as the decoded text.
    private static readonly SearchValues<char> NeverFixed = SearchValues.Create("?#%\\*{}\"<>|^`");

    private PathPattern(IReadOnlyList<PathSegment> segments, bool hasRest, string? restName) =>
        (Segments, HasRest, RestName) = (segments, hasRest, restName);

    public IReadOnlyList<PathSegment> Segments { get; }

    /// <summary>Whether it serves all below its segments, and not only themselves.</summary>
    public bool HasRest { get; }

    /// <summary>What the rest is called; none if it has no name.</summary>
    public string? RestName { get; }

    /// <summary>Whether it is fixed text from beginning to end, but for what is below it.</summary>
    public bool IsFixed => RestName is null && Segments.All(s => s.Variable is null);

    /// <summary>What the pattern matches, whatever its variables are called: two with the same shape match the same paths.</summary>
    public string Shape => string.Concat(Segments.Select(s => s.Variable is null ? "/" + s.Text : "/{}")) + (HasRest ? "/{...}" : "");

    /// <summary>Where the value of a variable stands: the number of its segment; none if there is no such variable.</summary>
    public int? IndexOf(string variable)
    {
        if (HasRest && RestName == variable) return Segments.Count;
        for (var at = 0; at < Segments.Count; at++)
        {
            if (Segments[at].Variable == variable) return at;
        }

        return null;
    }

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (PathPattern? Pattern, string Problem) Parse(string text)
    {
        if (!text.StartsWith('/')) return (null, "A path begins with a slash.");
        var segments = new List<PathSegment>();
        for (var at = 1; ;)
        {
            var end = text.IndexOf('/', at);
            var (written, isLast) = (end < 0 ? text[at..] : text[at..end], end < 0);
            if (isLast && written.Length == 0) return (new PathPattern(segments, true, null), "");
            if (isLast && written == "{$}") return (new PathPattern([.. segments, new PathSegment("", null)], false, null), "");
            if (segments.Count == SegmentsMax) return (null, $"A path has at most {SegmentsMax} segments.");
            if (Problem(written, isLast) is { } problem) return (null, $"At character {at + 1}: {problem}");
            if (NameOf(written) is { } name && IsTaken(name, segments)) return (null, $"At character {at + 1}: the name {name} is given twice.");
            if (written.EndsWith("...}", StringComparison.Ordinal)) return (new PathPattern(segments, true, written[1..^4]), "");
            segments.Add(NameOf(written) is { } variable ? new PathSegment("", variable) : new PathSegment(written, null));
            if (isLast) return (new PathPattern(segments, false, null), "");
            at = end + 1;
        }
    }

    /// <summary>The pattern of a path that has been checked.</summary>
    public static PathPattern Of(string text) =>
        Parse(text) is ({ } pattern, _) ? pattern : throw new ArgumentException($"'{text}' is not a path.", nameof(text));

    private static string? NameOf(string written) => written.StartsWith('{') ? written[1..^1].TrimEnd('.') : null;

    private static bool IsTaken(string name, List<PathSegment> segments) => segments.Any(s => s.Variable == name);

    private static string? Problem(string written, bool isLast)
    {
        if (written.Length == 0) return "two slashes have nothing between them.";
        if (!written.StartsWith('{')) return FixedProblem(written);
        if (written == "{$}") return "{$} stands only at the end.";
        if (!written.EndsWith('}')) return "a segment is either fixed or {name} as a whole, closed with }.";
        var name = written[1..^1];
        var isRest = name.EndsWith("...", StringComparison.Ordinal);
        if (isRest && !isLast) return "{name...} stands only at the end.";
        return IsName(isRest ? name[..^3] : name) ? null : "a name has letters, digits and _, and begins with a letter.";
    }

    private static string? FixedProblem(string written)
    {
        if (written is "." or "..") return "a segment cannot be . or .., which are resolved before a path is looked up.";
        foreach (var c in written)
        {
            if (c == '{') return "a segment is either fixed or {name} as a whole.";
            if (c == '%') return "% is not taken; write the character itself, not its encoding.";
            if (c <= ' ' || char.IsControl(c)) return "spaces and control characters cannot be in a path.";
            if (NeverFixed.Contains(c)) return $"the character {c} cannot be in a path.";
        }

        return null;
    }

    /// <summary>Whether it can be a variable's name.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

/// <summary>One segment of a pattern: fixed text, or a variable that stands for any one segment that is not empty.</summary>
/// <param name="Text">The fixed text, decoded.</param>
/// <param name="Variable">Its name; none if the text is fixed.</param>
internal readonly record struct PathSegment(string Text, string? Variable);
