using System.Text;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// Text of callers (a claim of a token in a scope, a reason in JSON) as a database can keep it: PostgreSQL refuses NUL, and half a surrogate pair is no character in UTF-8, so that two
/// accounts would become one. Both, and the backslash that marks them, are written as <c>\</c> and four hexadecimal digits; all else is kept as it is.
/// </summary>
internal static class LedgerText
{
    private const int EscapedLength = 5;

    public static string ToStore(string text) => IsPlain(text) ? text : Escape(text);

    public static string FromStore(string stored) => stored.Contains('\\', StringComparison.Ordinal) ? Unescape(stored) : stored;

    private static bool IsPlain(string text)
    {
        foreach (var character in text)
        {
            if (character is '\0' or '\\' || char.IsSurrogate(character)) return false;
        }

        return true;
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + EscapedLength);
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) escaped.Append(text[i++]).Append(text[i]);
            else if (text[i] is '\0' or '\\' || char.IsSurrogate(text[i])) escaped.Append(CultureInfo.InvariantCulture, $"\\{(int)text[i]:x4}");
            else escaped.Append(text[i]);
        }

        return escaped.ToString();
    }

    private static string Unescape(string stored)
    {
        var text = new StringBuilder(stored.Length);
        for (var i = 0; i < stored.Length; i++)
        {
            if (stored[i] != '\\')
            {
                text.Append(stored[i]);
                continue;
            }

            text.Append((char)ushort.Parse(stored.AsSpan(i + 1, EscapedLength - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            i += EscapedLength - 1;
        }

        return text.ToString();
    }
}
