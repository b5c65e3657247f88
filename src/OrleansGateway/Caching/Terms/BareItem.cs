using System.Buffers;
using System.Text.Unicode;

namespace OrleansGateway.Caching.Terms;

/// <summary>Bare items of structured fields (RFC 9651 §4.2.3.1): where they end, if they are valid. What they say is for others.</summary>
internal static class BareItem
{
    private static readonly SearchValues<char> s_tokens = SearchValues.Create("!#$%&'*+-.^_`|~:/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> s_base64 = SearchValues.Create("+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>How many characters the item takes that the text begins with; 0 if it is not valid.</summary>
    public static int LengthOf(ReadOnlySpan<char> text) => text switch
    {
        ['"', ..] => String(text),
        ['%', '"', ..] => DisplayString(text),
        [':', ..] => Bytes(text),
        ['?', '0' or '1', ..] => 2,
        // A date is whole seconds (§4.2.9).
        ['@', ..] => Number(text[1..], out var isWhole) is > 0 and var digits && isWhole ? digits + 1 : 0,
        [var first, ..] when char.IsAsciiLetter(first) || first == '*' => text.IndexOfAnyExcept(s_tokens) is >= 0 and var end ? end : text.Length,
        _ => Number(text, out _),
    };

    /// <summary>§4.2.4: 15 digits, or 12 before the point and 3 behind it.</summary>
    private static int Number(ReadOnlySpan<char> text, out bool isWhole)
    {
        isWhole = true;
        var start = text is ['-', ..] ? 1 : 0;
        var digits = Digits(text[start..]);
        var length = start + digits;
        if (digits is 0 or > 15 || length >= text.Length || text[length] != '.') return digits is 0 or > 15 ? 0 : length;
        isWhole = false;
        var fraction = Digits(text[(length + 1)..]);
        return digits > 12 || fraction is 0 or > 3 ? 0 : length + 1 + fraction;
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;

    /// <summary>§4.2.5: only quotes and backslashes are escaped.</summary>
    private static int String(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"') return i + 1;
            if (text[i] is < ' ' or > '~') return 0;
            if (text[i] == '\\' && (++i == text.Length || text[i] is not ('"' or '\\'))) return 0;
        }

        return 0;
    }

    /// <summary>§4.2.7. Empty, and without padding, they are read all the same.</summary>
    private static int Bytes(ReadOnlySpan<char> text)
    {
        var end = text[1..].IndexOf(':');
        if (end < 0) return 0;
        var letters = text.Slice(1, end).TrimEnd('=');
        return letters.ContainsAnyExcept(s_base64) || letters.Length % 4 == 1 || end - letters.Length > 2 ? 0 : end + 2;
    }

    /// <summary>§4.2.10: percent-encoded UTF-8, in lower case.</summary>
    private static int DisplayString(ReadOnlySpan<char> text)
    {
        var end = text[2..].IndexOf('"');
        if (end < 0) return 0;
        var inner = text.Slice(2, end);
        var bytes = new ArrayBufferWriter<byte>(end + 1);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] is < ' ' or > '~') return 0;
            var value = (byte)inner[i];
            if (inner[i] == '%')
            {
                if (i + 2 >= inner.Length || !char.IsAsciiHexDigitLower(inner[i + 1]) || !char.IsAsciiHexDigitLower(inner[i + 2])) return 0;
                value = byte.Parse(inner.Slice(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                i += 2;
            }

            bytes.Write([value]);
        }

        return Utf8.IsValid(bytes.WrittenSpan) ? end + 3 : 0;
    }
}
