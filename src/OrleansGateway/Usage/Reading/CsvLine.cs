using System.Buffers;
using System.Text;

namespace OrleansGateway.Usage.Reading;

/// <summary>
/// Writes one line of CSV (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe put before it: callers choose model names and tags, and whoever opens
/// the file must not run what they wrote.
/// </summary>
internal ref struct CsvLine(IBufferWriter<byte> output)
{
    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n");

    private bool _isBegun;

    public void Text(string? text)
    {
        Separate();
        if (string.IsNullOrEmpty(text)) return;
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        if (text.AsSpan().ContainsAny(s_quoted)) text = $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        Encoding.UTF8.GetBytes(text, output);
    }

    /// <summary>A number, an instant or another value that we write ourselves, and that is no formula.</summary>
    public void Value<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        Separate();
        value.TryFormat(output.GetSpan(64), out var written, format, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    public readonly void End() => output.Write("\r\n"u8);

    private void Separate()
    {
        if (_isBegun) output.Write(","u8);
        _isBegun = true;
    }
}
