using System.Buffers;
using System.Text;

namespace OrleansGateway.Invalidation;

/// <summary>
/// URLs as clients call them, written one way: without a scheme, host in small letters without the default ports, escapes as RFC 3986 §6.2.2 has them. Two that an origin may tell
/// apart may become one here: what is purged is then one more, and never one less.
/// </summary>
internal static class ClientUrl
{
    private static readonly SearchValues<char> s_unreserved = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
    private static readonly SearchValues<char> s_hostLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:[]");
    private static readonly IdnMapping s_idn = new();

    /// <summary>Host, path and query; none if it is no URL. A URL without a path has <c>/</c>; a fragment is left out.</summary>
    public static string? Of(string url)
    {
        if (url.Length > Selector.UrlLengthMax) return null;
        var rest = WithoutScheme(url.AsSpan().Trim(' '));
        var fragment = rest.IndexOf('#');
        if (fragment >= 0) rest = rest[..fragment];
        var end = rest.IndexOfAny('/', '?');
        if (HostOf(end < 0 ? rest.ToString() : rest[..end].ToString()) is not { } host) return null;
        if (end < 0) return host + "/";
        var target = Escaped(rest[end..]);
        return target[0] == '/' ? host + target : host + "/" + target;
    }

    /// <summary>Host and port, without the ports of HTTP and HTTPS; none if it is no host.</summary>
    public static string? HostOf(string host)
    {
        var rest = host.AsSpan().Trim(' ');
        if (rest.EndsWith(":80") || rest.EndsWith(":443")) rest = rest[..rest.LastIndexOf(':')];
        // An IPv6 address is written in brackets, so that what was cut was a port.
        if (rest.Length is 0 or > 300) return null;
        var small = rest.ToString().ToLowerInvariant();
        if (!System.Text.Ascii.IsValid(small))
        {
            try
            {
                small = s_idn.GetAscii(small);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        return small.AsSpan().ContainsAnyExcept(s_hostLetters) ? null : small;
    }

    private static ReadOnlySpan<char> WithoutScheme(ReadOnlySpan<char> url)
    {
        if (url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) return url[8..];
        if (url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) return url[7..];
        return url.StartsWith("//", StringComparison.Ordinal) ? url[2..] : url;
    }

    /// <summary>Escapes in capitals, those of unreserved characters undone, and what a URL cannot hold escaped. A broken escape stays as it is.</summary>
    private static string Escaped(ReadOnlySpan<char> target)
    {
        var text = new StringBuilder(target.Length + 8);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < target.Length;)
        {
            if (target[i] == '%' && ByteOf(target, i) is { } escaped)
            {
                if (escaped < 128 && s_unreserved.Contains((char)escaped)) text.Append((char)escaped);
                else AppendEscape(text, escaped);
                i += 3;
            }
            else if (target[i] is > ' ' and < '\u007f')
            {
                text.Append(target[i++]);
            }
            else
            {
                _ = Rune.DecodeFromUtf16(target[i..], out var rune, out var used);
                foreach (var one in utf8[..rune.EncodeToUtf8(utf8)]) AppendEscape(text, one);
                i += used;
            }
        }

        return text.ToString();
    }

    private static byte? ByteOf(ReadOnlySpan<char> text, int at) =>
        at + 2 < text.Length && byte.TryParse(text.Slice(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static void AppendEscape(StringBuilder text, byte value) => text.Append('%').Append("0123456789ABCDEF"[value >> 4]).Append("0123456789ABCDEF"[value & 15]);
}
