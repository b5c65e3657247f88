using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace OrleansGateway.Tenants;

/// <summary>
/// How a key is written: a prefix that secret scanners recognise, 43 letters and digits drawn at random (62^43 is just over 2^256), and 6 more
/// that carry the CRC-32C of all before them. The checksum proves nothing; it tells a mistyped key from an unknown one.
/// </summary>
internal static class KeyText
{
    /// <summary>Prefix of keys for clients.</summary>
    public const string KeyPrefix = "ogw_";

    /// <summary>Prefix of tokens for the admin API.</summary>
    public const string AdminPrefix = "oga_";

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;
    private const int DisplayLength = 8;

    /// <summary>A fresh key.</summary>
    public static string New(string prefix)
    {
        var body = prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return string.Create(body.Length + ChecksumLength, body, static (text, body) =>
        {
            body.CopyTo(text);
            WriteChecksum(body, text[body.Length..]);
        });
    }

    /// <summary>A fresh id: a prefix that says of what, and 119 random bits, so that no two are ever the same.</summary>
    public static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString(Alphabet, 20);

    /// <summary>
    /// Whether the text is a key as <see cref="New"/> writes it. False for a key mistyped in one place, and for keys that others made.
    /// </summary>
    public static bool TryCheck(ReadOnlySpan<char> text, string prefix)
    {
        if (text.Length != prefix.Length + RandomLength + ChecksumLength || !text.StartsWith(prefix, StringComparison.Ordinal)) return false;
        if (text[prefix.Length..].ContainsAnyExcept(Letters)) return false;
        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(text[..^ChecksumLength], checksum);
        return text[^ChecksumLength..].SequenceEqual(checksum);
    }

    /// <summary>The first characters of a key, for people to tell keys apart. Leaves more than 230 bits unknown.</summary>
    public static string Display(string key) => key[..DisplayLength] + "…";

    private static void WriteChecksum(ReadOnlySpan<char> ascii, Span<char> target)
    {
        var crc = ~0u;
        foreach (var c in ascii) crc = BitOperations.Crc32C(crc, (byte)c);
        crc = ~crc;
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            (crc, var digit) = Math.DivRem(crc, (uint)Alphabet.Length);
            target[i] = Alphabet[(int)digit];
        }
    }
}
