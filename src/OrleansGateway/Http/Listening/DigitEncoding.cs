using System.Text;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// Reads digits as digits, and all else as what no number has. It is for the length of a body, in which Kestrel takes a sign as well, and with an encoding other than
/// its own white space too. RFC 9110 §8.6 has digits and nothing else; a length that two servers read in two ways lets requests be smuggled.
/// </summary>
internal sealed class DigitEncoding : Encoding
{
    private const char NoDigit = '?';

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        throw new NotSupportedException("Only for reading.");

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // Kestrel has room for the digits of the largest number, and no more.
        if (bytes.Length > chars.Length)
        {
            chars[0] = NoDigit;
            return 1;
        }

        for (var at = 0; at < bytes.Length; at++) chars[at] = char.IsAsciiDigit((char)bytes[at]) ? (char)bytes[at] : NoDigit;
        return bytes.Length;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
