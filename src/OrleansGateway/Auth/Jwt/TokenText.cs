using System.Buffers;

namespace OrleansGateway.Auth.Jwt;

/// <summary>Tells a JWT from a key by its looks, before anything is spent on it.</summary>
internal static class TokenText
{
    /// <summary>Longest token read. Tokens with many group claims have about 8 KiB.</summary>
    public const int CharsMax = 16 << 10;

    private static readonly SearchValues<char> Base64Url =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>
    /// Whether it is three parts in base64url with dots between (RFC 7515 §7.1). The last may be empty, as in a token with <c>alg: none</c>: it is
    /// then refused as what it is, and not as a mistyped key.
    /// </summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        if (text.Length > CharsMax) return false;
        for (var part = 0; part < 2; part++)
        {
            var end = text.IndexOfAnyExcept(Base64Url);
            if (end <= 0 || text[end] != '.') return false;
            text = text[(end + 1)..];
        }

        return !text.ContainsAnyExcept(Base64Url);
    }
}
