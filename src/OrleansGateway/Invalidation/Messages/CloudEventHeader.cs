using System.Text;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>An attribute of a CloudEvent as an HTTP header has it: percent-encoded, and in quotes if an older program wrote it (HTTP binding 1.0.2 §3.1.3.2).</summary>
internal static class CloudEventHeader
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>None if what is encoded is no UTF-8. A percent sign that encodes nothing stands for itself.</summary>
    public static string? Decode(string value)
    {
        var text = Unquoted(value.Trim());
        if (!text.Contains('%', StringComparison.Ordinal)) return text;
        var bytes = new List<byte>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '%' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                bytes.Add(byte.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                at += 2;
                continue;
            }

            var length = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(at, length)));
            at += length - 1;
        }

        try
        {
            return s_strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>A quoted string of RFC 9110 §5.6.4 without its quotes; others as they are.</summary>
    private static string Unquoted(string text)
    {
        if (text is not ['"', .., '"']) return text;
        var plain = new StringBuilder(text.Length);
        for (var at = 1; at < text.Length - 1; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length - 1) at++;
            plain.Append(text[at]);
        }

        return plain.ToString();
    }
}
