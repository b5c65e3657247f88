using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// Takes the chunks of a body apart (RFC 9112 §7.1). Knows no socket: it is given what has come, and takes of it what it can. A line that is not whole yet
/// is left for the next time, so what holds the bytes needs room for <see cref="LineBytesMax"/>.
/// </summary>
internal struct ChunkedDecoder
{
    /// <summary>Longest line between chunks, or of a trailer.</summary>
    public const int LineBytesMax = 4 << 10;

    public const int TrailersMax = 64;

    /// <summary>
    /// Most bytes of extensions and trailers in one body: nobody uses the first, and without a bound a body could be made of them and never end
    /// (as in CVE-2023-39326).
    /// </summary>
    private const int ExtraBytesMax = 64 << 10;

    /// <summary>So that no size overflows, whatever its digits.</summary>
    private const int SizeDigitsMax = 15;

    private Place _place;
    private int _extraBytes;

    private enum Place : byte
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        End,
    }

    /// <summary>Bytes of the chunk at hand that have not come.</summary>
    public long DataLeft { get; private set; }

    public readonly bool IsAtEnd => _place == Place.End;

    /// <summary>Whether no chunk is broken off: all that may follow is its end of line, more chunks, or the end.</summary>
    public readonly bool IsBetweenChunks => _place != Place.Data;

    /// <summary>Fields after the last chunk. Kept apart from the head: a trailer must not change what the head said (RFC 9110 §6.5.1).</summary>
    public List<KeyValuePair<string, string>>? Trailers { get; private set; }

    /// <summary>Decodes until the input has no more whole piece, the output is full, or the body has ended. Throws <see cref="UpstreamException"/> if it is not chunked.</summary>
    public void Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        while (_place != Place.End)
        {
            var rest = input[consumed..];
            if (_place == Place.Data)
            {
                var bytes = (int)Math.Min(Math.Min(rest.Length, output.Length - written), DataLeft);
                if (bytes == 0) return;
                rest[..bytes].CopyTo(output[written..]);
                (consumed, written) = (consumed + bytes, written + bytes);
                TookData(bytes);
                continue;
            }

            if (!TryReadLine(rest, out var line)) return;
            consumed += line.Length + 2;
            TakeLine(line);
        }
    }

    /// <summary>Notes that bytes of the chunk were received without coming this way.</summary>
    public void TookData(int bytes)
    {
        DataLeft -= bytes;
        if (DataLeft == 0) _place = Place.DataEnd;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        switch (_place)
        {
            case Place.DataEnd:
                if (!line.IsEmpty) throw Http1Fault.NotHttp("a chunk is longer than it says");
                _place = Place.Size;
                break;
            case Place.Size:
                DataLeft = ParseSize(line);
                _place = DataLeft > 0 ? Place.Data : Place.Trailers;
                break;
            default:
                if (line.IsEmpty) _place = Place.End;
                else TakeTrailer(line);
                break;
        }
    }

    private readonly bool TryReadLine(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        line = default;
        var end = input.IndexOf((byte)'\n');
        // Told at once, not when the line is whole: its end may never come.
        if (_place == Place.DataEnd && (input is [not (byte)'\r', ..] || input is [_, not (byte)'\n', ..])) throw Http1Fault.NotHttp("a chunk is longer than it says");
        if (end < 0 && input.Length < LineBytesMax) return false;
        if (end < 0 || end >= LineBytesMax) throw Http1Fault.NotHttp("a line between its chunks is too long");
        if (end == 0 || input[end - 1] != '\r') throw Http1Fault.NotHttp("a line ends in a bare line feed");
        line = input[..(end - 1)];
        return true;
    }

    private long ParseSize(ReadOnlySpan<byte> line)
    {
        var (size, digits) = (0L, 0);
        for (; digits < line.Length && char.IsAsciiHexDigit((char)line[digits]); digits++)
        {
            if (digits == SizeDigitsMax) throw Http1Fault.NotHttp("a chunk's size is too large");
            var digit = line[digits];
            size = (size << 4) | (uint)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        if (digits == 0) throw Http1Fault.NotHttp("a chunk's size is not a number");
        var extension = line[digits..];
        if (extension.IsEmpty) return size;
        if (FieldSyntax.Trim(extension) is not [(byte)';', ..] || !FieldSyntax.IsValue(extension)) throw Http1Fault.NotHttp("a chunk's size is not a number");
        CountExtra(extension.Length);
        return size;
    }

    private void TakeTrailer(ReadOnlySpan<byte> line)
    {
        CountExtra(line.Length);
        var name = FieldSyntax.TokenLength(line);
        if (name == 0 || name == line.Length || line[name] != ':' || !FieldSyntax.IsValue(line[(name + 1)..])) throw Http1Fault.NotHttp("a trailer is not one");
        Trailers ??= [];
        if (Trailers.Count == TrailersMax) throw Http1Fault.NotHttp("it has too many trailers");
        Trailers.Add(new(Encoding.ASCII.GetString(line[..name]), Encoding.Latin1.GetString(FieldSyntax.Trim(line[(name + 1)..]))));
    }

    private void CountExtra(int bytes)
    {
        _extraBytes += bytes;
        if (_extraBytes > ExtraBytesMax) throw Http1Fault.NotHttp("it has too much between its chunks");
    }
}
