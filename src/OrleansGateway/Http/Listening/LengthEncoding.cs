using System.Text;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// Reads the values of <c>Content-Length</c> for Kestrel, which parses what comes of it as any integer: <c>+5</c> would be 5 (RFC 9110 §8.6 allows digits only), and whoever
/// stands before us and takes it for something else can be made to see other requests than we do. What is not digits becomes a letter, which Kestrel refuses.
/// </summary>
internal sealed class LengthEncoding : Encoding
{
    /// <summary>Digits of the largest number that fits.</summary>
    private const int DigitsMax = 19;

    public static LengthEncoding Instance { get; } = new();

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (bytes.Length <= DigitsMax && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return Latin1.GetChars(bytes, chars);
        chars[0] = 'x';
        return 1;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => Latin1.GetCharCount(bytes, index, count);

    public override int GetMaxCharCount(int byteCount) => Latin1.GetMaxCharCount(byteCount);

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);
}
