using System.Buffers;
using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>A text with <c>{name}</c> in it, taken apart: pieces of fixed text, fit for a URL, and names.</summary>
internal static class TargetTemplate
{
    // What RFC 3986 §2 leaves as it is, and % itself, of an encoding.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("%ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=");

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (IReadOnlyList<TemplatePiece>? Pieces, string Problem) Parse(string text)
    {
        var pieces = new List<TemplatePiece>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open < 0) open = text.Length;
            if (FixedProblem(text, at, open) is { } problem) return (null, problem);
            if (open > at) pieces.Add(new TemplatePiece(Encode(text.AsSpan(at, open - at)), null));
            if (open == text.Length) break;
            var close = text.IndexOf('}', open);
            if (close < 0) return (null, $"At character {open + 1}: the {{ is not closed.");
            var written = text[(open + 1)..close];
            var name = written.EndsWith("...", StringComparison.Ordinal) ? written[..^3] : written;
            if (!PathPattern.IsName(name)) return (null, $"At character {open + 2}: a name has letters, digits and _, and begins with a letter.");
            pieces.Add(new TemplatePiece("", name));
            at = close + 1;
        }

        return (pieces, "");
    }

    /// <summary>The text with what cannot be in a URL encoded (RFC 3986 §2.1); encodings stay.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyExcept(Plain) < 0) return text.ToString();
        var encoded = new StringBuilder(text.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && Plain.Contains((char)rune.Value))
            {
                encoded.Append((char)rune.Value);
                continue;
            }

            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)]) encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }

    private static string? FixedProblem(string text, int from, int to)
    {
        for (var at = from; at < to; at++)
        {
            if (text[at] == '}') return $"At character {at + 1}: the }} closes nothing.";
            if (text[at] == '\\' || char.IsControl(text[at])) return $"At character {at + 1}: backslashes and control characters cannot be in a URL.";
            var isEncoding = text[at] != '%' || at + 2 < to && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]);
            if (!isEncoding) return $"At character {at + 1}: after % come two hexadecimal digits.";
        }

        return null;
    }
}

/// <summary>A piece of a template: fixed text, or a name.</summary>
/// <param name="Text">Fixed text, encoded.</param>
/// <param name="Name">What to put here; none if the text is fixed.</param>
internal readonly record struct TemplatePiece(string Text, string? Name);
