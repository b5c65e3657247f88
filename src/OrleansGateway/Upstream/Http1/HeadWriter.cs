using System.Buffers;
using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>Writes into memory that is large enough; all text has been found to be Latin-1.</summary>
internal ref struct HeadWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[Length..]);
        Length += bytes.Length;
    }

    public void Write(string text) => Length += Encoding.Latin1.GetBytes(text, _buffer[Length..]);

    public void WriteField(string name, string value)
    {
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    public void WriteLength(long length)
    {
        Write("Content-Length: "u8);
        _ = length.TryFormat(_buffer[Length..], out var digits, default, CultureInfo.InvariantCulture);
        Length += digits;
        Write("\r\n"u8);
    }

    public void Write(in ReadOnlySequence<byte> bytes)
    {
        bytes.CopyTo(_buffer[Length..]);
        Length += (int)bytes.Length;
    }

    public void WriteChunk(in ReadOnlySequence<byte> bytes) => Length += ChunkedFraming.Write(bytes, _buffer[Length..]);
}
