using System.Buffers;

namespace OrleansGateway.Upstream.Http1;

/// <summary>Which characters may stand in the names and values of header fields (RFC 9110 §5.5 and §5.6.2).</summary>
internal static class FieldSyntax
{
    private const string Token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<byte> s_token = SearchValues.Create(Token.Select(c => (byte)c).ToArray());
    private static readonly SearchValues<char> s_tokenChars = SearchValues.Create(Token);

    // Tab, space, all visible, and what lies above ASCII: old, but servers do send it. No other control characters.
    private static readonly SearchValues<byte> s_value = SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x5F).Select(c => (byte)c), .. Enumerable.Range(0x80, 0x80).Select(c => (byte)c)]);

    // The same, each character one byte: what lies above ASCII is passed on as it came (obs-text), and what lies above Latin-1 has no byte.
    private static readonly SearchValues<char> s_sentValue =
        SearchValues.Create(['\t', .. Enumerable.Range(0x20, 0x5F).Select(c => (char)c), .. Enumerable.Range(0x80, 0x80).Select(c => (char)c)]);

    private static readonly SearchValues<char> s_target = SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Select(c => (char)c)]);

    /// <summary>Length of the token at the beginning; 0 if there is none.</summary>
    public static int TokenLength(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(s_token) is >= 0 and var end ? end : text.Length;

    public static bool IsValue(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(s_value);

    public static bool MaySendName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(s_tokenChars);

    public static bool MaySendValue(ReadOnlySpan<char> value) => !value.ContainsAnyExcept(s_sentValue);

    public static bool MaySendTarget(ReadOnlySpan<char> target) => !target.IsEmpty && !target.ContainsAnyExcept(s_target);

    /// <summary>Whether it names one protocol as <c>Upgrade</c> does: a token, and another for its version (RFC 9110 §7.8).</summary>
    public static bool IsProtocol(ReadOnlySpan<char> text)
    {
        var slash = text.IndexOf('/');
        return slash < 0 ? MaySendName(text) : MaySendName(text[..slash]) && MaySendName(text[(slash + 1)..]);
    }

    /// <summary>Without the spaces and tabs around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);
}
