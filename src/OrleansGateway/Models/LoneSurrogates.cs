using System.Text;

namespace OrleansGateway.Models;

/// <summary>Reads JSON strings that escape half a surrogate pair, as models cut in the middle of an emoji produce, which the framework's reader refuses.</summary>
internal static class LoneSurrogates
{
    /// <summary>The text of a JSON string, its quotes included in <paramref name="raw"/>, with U+FFFD for every half pair.</summary>
    public static string Unescape(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var at = 1; at < raw.Length - 1; at++)
        {
            if (raw[at] != '\\') text.Append(raw[at]);
            else text.Append(Escaped(raw, ref at));
        }

        return Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text.ToString()));
    }

    private static char Escaped(string raw, ref int at)
    {
        at++;
        switch (raw[at])
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'u':
                at += 4;
                return (char)ushort.Parse(raw.AsSpan(at - 3, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            default: return raw[at];
        }
    }
}
