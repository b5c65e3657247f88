using System.Text;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// How the field <c>Connection</c> is read. Once the server finds <c>keep-alive</c>, <c>close</c> or <c>upgrade</c> in it, it forgets what else it names; but fields
/// named there must not be passed on (RFC 9110 §7.6.1). So where it names other fields those three are left out: <c>keep-alive</c> is the rule anyway, an
/// upgrade that drags fields along is not one we pass on, and <c>close</c> gets another name, which the framing stage knows.
/// </summary>
internal sealed class ConnectionEncoding : Encoding
{
    /// <summary>Stands for <c>close</c> beside names of fields.</summary>
    public const string Close = "close-after-this";

    public static ConnectionEncoding Instance { get; } = new();

    public override int GetCharCount(byte[] bytes, int index, int count) => Read(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Read(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(chars.AsSpan(charIndex));
        return text.Length;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount + Close.Length;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => charCount;

    private static string Read(ReadOnlySpan<byte> bytes)
    {
        var text = Latin1.GetString(bytes);
        if (!text.Contains(',', StringComparison.Ordinal)) return text;
        var options = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Array.TrueForAll(options, IsUsual) ? text : string.Join(", ", options.Where(o => !IsUsual(o) || Is(o, "close")).Select(o => Is(o, "close") ? Close : o));
    }

    private static bool IsUsual(string option) => Is(option, "keep-alive") || Is(option, "close") || Is(option, "upgrade");

    private static bool Is(string option, string other) => option.Equals(other, StringComparison.OrdinalIgnoreCase);
}
