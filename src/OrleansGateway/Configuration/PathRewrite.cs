using System.Runtime.CompilerServices;

namespace OrleansGateway.Configuration;

/// <summary>
/// The path that an upstream sees in place of the request's, compiled. What a variable stands for is taken from the path as it was sent, still encoded: so it
/// cannot bring in a slash, a question mark or a dot segment.
/// </summary>
internal sealed class PathRewrite
{
    private readonly (string Text, int Segment, bool IsRest)[] _pieces;

    private PathRewrite((string Text, int Segment, bool IsRest)[] pieces) => _pieces = pieces;

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (PathRewrite? Rewrite, string Problem) Parse(string text, PathPattern pattern)
    {
        if (!text.StartsWith('/')) return (null, "A path begins with a slash.");
        if (text.AsSpan().ContainsAny('?', '#')) return (null, "Only the path is given; the query stays as it is.");
        if (text.Split('/').Any(s => s is "." or "..")) return (null, "A path sent on has no segments . and ...");
        var (template, problem) = TargetTemplate.Parse(text);
        if (template is null) return (null, problem);
        var pieces = new List<(string Text, int Segment, bool IsRest)>();
        foreach (var (piece, isLast) in template.Select((p, at) => (p, at == template.Count - 1)))
        {
            if (piece.Name is null)
            {
                pieces.Add((piece.Text, -1, false));
                continue;
            }

            if (pattern.IndexOf(piece.Name) is not { } segment) return (null, $"There is no {{{piece.Name}}} in the route's path.");
            var isRest = pattern.HasRest && segment == pattern.Segments.Count;
            // Between other texts the rest could end, or begin, in the middle of a segment and make a dot segment of it.
            if (isRest && !(isLast && pieces.Count > 0 && pieces[^1].Text.EndsWith('/')))
                return (null, $"{{{piece.Name}...}} stands for several segments: only at the end, after a slash.");
            pieces.Add(("", segment, isRest));
        }

        if (pattern is { HasRest: true, RestName: null } && text.EndsWith('/')) pieces.Add(("", pattern.Segments.Count, true));
        return (new PathRewrite([.. pieces]), "");
    }

    /// <summary>The path to send for one that the route's pattern matched.</summary>
    public string Of(string rawPath, string query)
    {
        var result = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        foreach (var (text, segment, isRest) in _pieces)
        {
            if (segment < 0) result.AppendLiteral(text);
            else result.AppendFormatted(isRest ? PathSegments.From(rawPath, segment) : PathSegments.At(rawPath, segment));
        }

        result.AppendLiteral(query);
        return result.ToStringAndClear();
    }
}
