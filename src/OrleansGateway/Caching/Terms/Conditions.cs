using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Caching.Terms;

/// <summary>Conditions of requests on a stored answer (RFC 9110 §13, RFC 9111 §4.3.2).</summary>
internal static class Conditions
{
    private static readonly string[] s_names = ["If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range"];

    /// <summary>All fields with conditions.</summary>
    public static ReadOnlySpan<string> Names => s_names;

    /// <summary>Whether only the origin can say (§13.1.1, §13.1.4: they are about what it has now).</summary>
    public static bool AreForOrigin(IHeaderDictionary request) => request.IfMatch.Count > 0 || request.IfUnmodifiedSince.Count > 0;

    /// <summary>Whether the client has what is stored, so that 304 tells it all.</summary>
    public static bool IsNotModified(IHeaderDictionary request, int status, AnswerTerms terms, DateTimeOffset now)
    {
        // §13.2.1: only of what would be 200; a 206 is cut of that.
        if (status is not (200 or 206)) return false;
        if (request.IfNoneMatch is { Count: > 0 } tags) return Matches(tags, terms.EntityTag);
        if (request.IfModifiedSince is not [{ } since] || HttpDate.Parse(since, now) is not { } date) return false;
        return terms.Modified is { } modified && modified <= date;
    }

    /// <summary>Whether a range may be cut of it for a request with <c>If-Range</c> (§13.1.5): only if it is the same, byte for byte.</summary>
    public static bool MayCut(IHeaderDictionary request, AnswerTerms terms)
    {
        if (request.IfRange is not { Count: > 0 } condition) return true;
        if (condition is not [{ } stated]) return false;
        return stated.StartsWith('"') ? stated == terms.EntityTag : stated == terms.ModifiedText && terms.IsModifiedStrong;
    }

    /// <summary>Weak comparison with each of a list (§8.8.3.2).</summary>
    private static bool Matches(StringValues lines, string? tag)
    {
        foreach (var line in lines)
        {
            if (line is null) continue;
            if (line.AsSpan().Trim(" \t") is "*") return true;
            if (tag is not null && Lists(line, Opaque(tag))) return true;
        }

        return false;
    }

    private static bool Lists(ReadOnlySpan<char> line, ReadOnlySpan<char> wanted)
    {
        while (!line.IsEmpty)
        {
            line = line.TrimStart(" \t,");
            var start = line.StartsWith("W/") ? 2 : 0;
            var isQuoted = line.Length > start && line[start] == '"';
            var length = isQuoted ? line[(start + 1)..].IndexOf('"') is >= 0 and var quote ? quote + 2 : line.Length - start : line[start..].IndexOf(',') is >= 0 and var comma ? comma : line.Length - start;
            if (line.Slice(start, length).TrimEnd(" \t").SequenceEqual(wanted)) return true;
            line = line[(start + length)..];
        }

        return false;
    }

    private static ReadOnlySpan<char> Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag.AsSpan(2) : tag;
}
