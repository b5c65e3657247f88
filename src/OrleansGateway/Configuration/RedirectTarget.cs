using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>
/// Where a redirect leads, compiled. Never to another host than the operator wrote or the client called: of an absolute URL the host is fixed or <c>{host}</c>,
/// and what is a path never begins with two slashes, which browsers take for a host.
/// </summary>
internal sealed class RedirectTarget
{
    private readonly (TemplatePiece Piece, int Segment, bool IsRest, bool InQuery)[] _pieces;
    private readonly bool _isPath;

    private RedirectTarget((TemplatePiece Piece, int Segment, bool IsRest, bool InQuery)[] pieces, bool isPath) => (_pieces, _isPath) = (pieces, isPath);

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (RedirectTarget? Target, string Problem) Parse(string text, PathPattern pattern)
    {
        var (template, problem) = TargetTemplate.Parse(text);
        if (template is null) return (null, problem);
        var isPath = text.StartsWith('/') || text.StartsWith("{path}", StringComparison.Ordinal);
        if (text.StartsWith("//", StringComparison.Ordinal)) return (null, "A path begins with one slash; two begin a host, and go with a scheme.");
        if (!isPath && HostProblem(text) is { } fault) return (null, fault);
        var pieces = new List<(TemplatePiece, int, bool, bool)>();
        var inQuery = false;
        foreach (var piece in template)
        {
            var segment = piece.Name is null or "scheme" or "host" or "path" or "query" ? -1 : pattern.IndexOf(piece.Name) ?? -2;
            if (segment == -2) return (null, $"There is no {{{piece.Name}}}: known are scheme, host, path, query and the names in the route's path.");
            if (inQuery && piece.Name == "query") return (null, "{query} brings its own question mark; it cannot follow one.");
            pieces.Add((piece, segment, pattern.HasRest && segment == pattern.Segments.Count, inQuery));
            inQuery |= piece.Text.AsSpan().ContainsAny('?', '#') || piece.Name == "query";
        }

        return (new RedirectTarget([.. pieces], isPath), "");
    }

    /// <summary>The place to go to from one that the route's pattern matched.</summary>
    public string Of(string scheme, string host, string rawPath, string query)
    {
        var result = new StringBuilder(128);
        foreach (var (piece, segment, isRest, inQuery) in _pieces)
        {
            var value = piece.Name switch
            {
                null => piece.Text,
                "scheme" => scheme,
                "host" => host,
                "path" => Fit(rawPath, inQuery),
                "query" => TargetTemplate.Encode(query),
                _ => Fit(isRest ? PathSegments.From(rawPath, segment) : PathSegments.At(rawPath, segment), inQuery),
            };
            result.Append(value);
        }

        var target = result.ToString();
        return _isPath ? "/" + target.TrimStart('/') : target;
    }

    private static string? HostProblem(string text)
    {
        var rest = text;
        foreach (var scheme in (ReadOnlySpan<string>)["https://", "http://", "{scheme}://"])
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal)) rest = text[scheme.Length..];
        }

        if (rest.Length == text.Length) return "It begins with https://, http://, {scheme}://, a slash or {path}.";
        if (rest.StartsWith("{host}", StringComparison.Ordinal)) rest = "host" + rest["{host}".Length..];
        var end = rest.AsSpan().IndexOfAny("/?#{");
        if (end == 0) return "There is no host.";
        // A value right after the host would become part of it: https://example.com{id} could lead to example.com.evil.
        var isBounded = end < 0 || rest[end] != '{' || rest.AsSpan(end).StartsWith("{path}") || rest.AsSpan(end).StartsWith("{query}");
        if (!isBounded) return "After the host comes a slash, {path} or {query}, so that nothing else becomes part of the host.";
        var host = end < 0 ? rest : rest[..end];
        return Uri.TryCreate($"https://{host}/", UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 ? null : "There is no proper host.";
    }

    // Within a query a value is one parameter's, or less; it must not become two.
    private static string Fit(ReadOnlySpan<char> raw, bool inQuery)
    {
        var encoded = TargetTemplate.Encode(raw);
        return inQuery ? encoded.Replace("&", "%26", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal)
            .Replace("+", "%2B", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal) : encoded;
    }
}
