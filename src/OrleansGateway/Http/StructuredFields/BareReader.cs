using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OrleansGateway.Http.StructuredFields;

/// <summary>Reads bare items (RFC 9651 §4.2.3.1, §4.2.4 to §4.2.10).</summary>
internal static class BareReader
{
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~:/");

    private static readonly SearchValues<char> s_base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    public static bool TryRead(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        switch (rest)
        {
            case ['-' or (>= '0' and <= '9'), ..]: return TryNumber(ref rest, out item);
            case ['"', ..]: return TryString(ref rest, out item);
            case ['*' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'), ..]: return TryToken(ref rest, out item);
            case [':', ..]: return TryBytes(ref rest, out item);
            case ['?', '0' or '1', ..]:
                item = new BareItem(BareKind.Boolean, rest[1] - '0');
                rest = rest[2..];
                return true;
            case ['@', ..]:
                rest = rest[1..];
                if (!TryNumber(ref rest, out item) || item.Kind != BareKind.Integer) return false;
                item = item with { Kind = BareKind.Date };
                return true;
            case ['%', '"', ..]: return TryDisplayString(ref rest, out item);
            default:
                item = default;
                return false;
        }
    }

    /// <summary>At most 15 digits, or 12 and then 1 to 3 after the point (§4.2.4).</summary>
    private static bool TryNumber(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        item = default;
        var start = rest is ['-', ..] ? 1 : 0;
        var digits = Digits(rest[start..]);
        if (digits is 0 or > 15) return false;
        var (end, kind) = (start + digits, BareKind.Integer);
        if (rest[end..] is ['.', ..])
        {
            var fraction = Digits(rest[(end + 1)..]);
            if (digits > 12 || fraction is 0 or > 3) return false;
            (end, kind) = (end + 1 + fraction, BareKind.Decimal);
        }

        item = new BareItem(kind, decimal.Parse(rest[..end], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
        rest = rest[end..];
        return true;
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;

    private static bool TryString(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        item = default;
        var text = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                item = new BareItem(BareKind.String, Text: text.ToString());
                rest = rest[(i + 1)..];
                return true;
            }

            if (rest[i] == '\\' && (++i >= rest.Length || rest[i] is not ('"' or '\\'))) return false;
            if (rest[i] is < ' ' or > '~') return false;
            text.Append(rest[i]);
        }

        return false;
    }

    private static bool TryToken(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        var end = rest.IndexOfAnyExcept(s_token) is >= 0 and var other ? other : rest.Length;
        item = new BareItem(BareKind.Token, Text: rest[..end].ToString());
        rest = rest[end..];
        return true;
    }

    /// <summary>Padding may be missing, for many leave it out (§4.2.7).</summary>
    private static bool TryBytes(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        item = default;
        var end = rest[1..].IndexOf(':');
        if (end < 0) return false;
        var text = rest.Slice(1, end).TrimEnd('=');
        if (text.ContainsAnyExcept(s_base64) || text.Length % 4 == 1) return false;
        var bytes = Convert.FromBase64String(string.Concat(text, "===".AsSpan(0, (4 - (text.Length % 4)) % 4)));
        item = new BareItem(BareKind.Bytes, Bytes: bytes);
        rest = rest[(end + 2)..];
        return true;
    }

    /// <summary>UTF-8 with percent signs; the digits in small letters only (§4.2.10).</summary>
    private static bool TryDisplayString(scoped ref ReadOnlySpan<char> rest, out BareItem item)
    {
        item = default;
        var bytes = new List<byte>();
        for (var i = 2; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                var utf8 = bytes.ToArray();
                if (!Utf8.IsValid(utf8)) return false;
                item = new BareItem(BareKind.DisplayString, Text: Encoding.UTF8.GetString(utf8));
                rest = rest[(i + 1)..];
                return true;
            }

            if (rest[i] is < ' ' or > '~') return false;
            if (rest[i] != '%')
            {
                bytes.Add((byte)rest[i]);
                continue;
            }

            if (i + 2 >= rest.Length || !char.IsAsciiHexDigitLower(rest[i + 1]) || !char.IsAsciiHexDigitLower(rest[i + 2])) return false;
            bytes.Add(byte.Parse(rest.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 2;
        }

        return false;
    }
}
