using System.Text;
using System.Text.Unicode;

namespace OrleansGateway.Http;

/// <summary>Paths with percent encodings (RFC 3986 §2.1): what is not let through, what is taken out, what they mean.</summary>
internal static class EncodedPath
{
    private const string BadEncoding = "The path holds a % that is not followed by two hexadecimal digits.";
    private const string EncodedControl = "The path holds an encoded control character.";
    private const string HiddenDots = "The path holds . or .. between encoded slashes or backslashes.";

    /// <summary>What is wrong with a path as it was sent; none if nothing is.</summary>
    public static string? Problem(ReadOnlySpan<char> path)
    {
        for (var at = 0; (at = NextPercent(path, at)) >= 0; at += 3)
        {
            if (ByteAt(path, at) is not { } value) return BadEncoding;
            if (value is < 0x20 or 0x7f) return EncodedControl;
        }

        // Some servers decode before they split: what is one segment to us would lead them out of the folder that the route is for.
        foreach (var range in path.Split('/'))
        {
            if (HidesDots(path[range])) return HiddenDots;
        }

        return null;
    }

    /// <summary>
    /// The path without its segments <c>.</c> and <c>..</c> (RFC 3986 §5.2.4), encoded ones included, for they mean the same (§6.2.2.2); all else stays as it is.
    /// Above the root there is nothing.
    /// </summary>
    public static string WithoutDotSegments(string path)
    {
        var (kept, changed, endsInDots) = (new List<Range>(), false, false);
        foreach (var range in path.AsSpan(1).Split('/'))
        {
            var segment = path.AsSpan(1)[range];
            endsInDots = IsDots(segment, 1) || IsDots(segment, 2);
            if (!endsInDots) kept.Add(range);
            else if (IsDots(segment, 2) && kept.Count > 0) kept.RemoveAt(kept.Count - 1);
            changed |= endsInDots;
        }

        if (!changed) return path;
        var result = new StringBuilder(path.Length);
        foreach (var range in kept) result.Append('/').Append(path.AsSpan(1)[range]);
        // What ends in a dot segment is a folder: /a/. is /a/.
        if (endsInDots) result.Append('/');
        return result.ToString();
    }

    /// <summary>The path with encodings replaced by what they stand for, but for slashes, and for segments that are no UTF-8.</summary>
    public static string Decode(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal)) return path;
        var result = new StringBuilder(path.Length);
        var bytes = new byte[path.Length];
        foreach (var range in path.AsSpan(1).Split('/'))
        {
            var segment = path.AsSpan(1)[range];
            var length = Decode(segment, bytes);
            result.Append('/');
            if (Utf8.IsValid(bytes.AsSpan(0, length))) result.Append(Encoding.UTF8.GetString(bytes, 0, length));
            else result.Append(segment);
        }

        return result.ToString();
    }

    private static int Decode(ReadOnlySpan<char> segment, byte[] bytes)
    {
        var length = 0;
        for (var at = 0; at < segment.Length; at++)
        {
            if (segment[at] == '%' && ByteAt(segment, at) is { } value and not (byte)'/')
            {
                bytes[length++] = value;
                at += 2;
            }
            else bytes[length++] = (byte)segment[at];
        }

        return length;
    }

    private static bool HidesDots(ReadOnlySpan<char> segment)
    {
        var (from, hides, parts) = (0, false, 0);
        for (var at = 0; at <= segment.Length; at++)
        {
            var isEnd = at == segment.Length;
            if (!isEnd && !(segment[at] == '%' && ByteAt(segment, at) is (byte)'/' or (byte)'\\')) continue;
            var part = segment[from..at];
            hides |= IsDots(part, 1) || IsDots(part, 2);
            parts++;
            if (!isEnd) at += 2;
            from = at + 1;
        }

        return hides && parts > 1;
    }

    /// <summary>Whether a segment is so many dots, plain or encoded.</summary>
    private static bool IsDots(ReadOnlySpan<char> segment, int count)
    {
        var at = 0;
        for (; at < segment.Length && count > 0; count--)
        {
            if (segment[at] == '.') at++;
            else if (segment[at] == '%' && ByteAt(segment, at) == '.') at += 3;
            else return false;
        }

        return count == 0 && at == segment.Length;
    }

    private static int NextPercent(ReadOnlySpan<char> path, int from)
    {
        var at = from >= path.Length ? -1 : path[from..].IndexOf('%');
        return at < 0 ? -1 : from + at;
    }

    private static byte? ByteAt(ReadOnlySpan<char> path, int percent) =>
        percent + 2 < path.Length && char.IsAsciiHexDigit(path[percent + 1]) && char.IsAsciiHexDigit(path[percent + 2])
            ? byte.Parse(path.Slice(percent + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : null;
}
