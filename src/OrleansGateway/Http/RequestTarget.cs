using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansGateway.Http;

/// <summary>
/// The path and query that a request asks for, read once: routes are found by the same path that upstreams are sent, so that none is shown one path and sent
/// another.
/// </summary>
/// <param name="Whole">Path and query as they go upstream: as sent, but for dot segments. <c>*</c> for the server as a whole (RFC 9110 §9.3.7).</param>
/// <param name="RawPath">The path as sent, dot segments taken out. It has the segments of <paramref name="Path"/>, still encoded.</param>
/// <param name="Path">The same decoded. An encoded slash stays encoded: it is no separator.</param>
/// <param name="Query">With its question mark; empty if there is none.</param>
internal readonly record struct RequestTarget(string Whole, string RawPath, string Path, string Query)
{
    private const string BadCharacter = "The path holds a character that cannot be in a URL: a space, a backslash, #, or a control character.";

    // Visible ASCII. A fragment (#) is never sent, and servers differ in what they make of one.
    private static readonly SearchValues<char> Sent = SearchValues.Create(Visible(except: "#"));
    private static readonly SearchValues<char> SentInPath = SearchValues.Create(Visible(except: "#?\\"));
    private static readonly SearchValues<char> Plain = SearchValues.Create(Visible(except: "#?\\%"));

    /// <summary>Reads the target of a request; or says what is wrong with it.</summary>
    public static string? Read(HttpRequest request, out RequestTarget target)
    {
        target = default;
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (raw == "*")
        {
            target = new RequestTarget(raw, "/", "/", "");
            return null;
        }

        // A proxy is asked for a whole URL (RFC 9112 §3.2.2); the server has seen to it that its host is that of the Host field.
        if (!raw.StartsWith('/') && WithoutAuthority(raw) is { } origin) raw = origin;
        if (!raw.StartsWith('/')) return "The request's target is neither a path nor a URL.";
        var pathEnd = raw.AsSpan().IndexOfAnyExcept(Plain);
        var isPlain = (pathEnd < 0 || raw[pathEnd] == '?') && !raw.AsSpan(0, pathEnd < 0 ? raw.Length : pathEnd).Contains("/.", StringComparison.Ordinal);
        if (!isPlain) return ReadOther(raw, request, out target);
        if (pathEnd < 0)
        {
            target = new RequestTarget(raw, raw, raw, "");
            return null;
        }

        if (raw.AsSpan(pathEnd).ContainsAnyExcept(Sent)) return BadCharacter;
        var path = Reuse(request.Path.Value, raw.AsSpan(0, pathEnd));
        target = new RequestTarget(raw, path, path, Reuse(request.QueryString.Value, raw.AsSpan(pathEnd)));
        return null;
    }

    private static string? ReadOther(string raw, HttpRequest request, out RequestTarget target)
    {
        target = default;
        var mark = raw.IndexOf('?', StringComparison.Ordinal);
        var (sent, query) = mark < 0 ? (raw, "") : (raw[..mark], Reuse(request.QueryString.Value, raw.AsSpan(mark)));
        if (sent.AsSpan().ContainsAnyExcept(SentInPath) || query.AsSpan().ContainsAnyExcept(Sent)) return BadCharacter;
        if (EncodedPath.Problem(sent) is { } problem) return problem;
        var path = EncodedPath.WithoutDotSegments(sent);
        target = new RequestTarget(path.Length == sent.Length ? raw : path + query, path, EncodedPath.Decode(path), query);
        return null;
    }

    private static string? WithoutAuthority(string raw)
    {
        var scheme = raw.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : raw.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : 0;
        if (scheme == 0) return null;
        var end = raw.AsSpan(scheme).IndexOfAny('/', '?');
        if (end < 0) return "/";
        return raw[scheme + end] == '?' ? "/" + raw[(scheme + end)..] : raw[(scheme + end)..];
    }

    // The server has made these strings already.
    private static string Reuse(string? made, ReadOnlySpan<char> wanted) => made is not null && wanted.SequenceEqual(made) ? made : wanted.ToString();

    private static string Visible(string except) => string.Concat(Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Except(except));
}
