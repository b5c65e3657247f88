using System.Buffers;

namespace OrleansGateway.Models;

/// <summary>One event of a stream (WHATWG HTML §9.2.6). Its spans point into the reader's buffer and live until the next call to it.</summary>
internal readonly ref struct SseEvent
{
    /// <summary>Value of the last <c>event</c> field; empty if there was none.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Values of the <c>data</c> fields, joined by line feeds; empty if there was none.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Whether there was a <c>data</c> field. Without one it is a comment or a bare field, which clients ignore.</summary>
    public bool HasData { get; init; }

    /// <summary>The bytes as they came, blank line included: what is passed on where nothing is translated.</summary>
    public ReadOnlySpan<byte> Raw { get; init; }
}

/// <summary>
/// Cuts a stream of server-sent events into events, wherever the network has split its bytes. Bytes go in through <see cref="Free"/> and
/// <see cref="Advance"/>; nothing is copied for an event with one <c>data</c> line, the usual case.
/// </summary>
internal sealed class SseReader : IDisposable
{
    /// <summary>Largest event taken. Providers' largest carry an image in base64.</summary>
    public const int EventBytesMax = 32 << 20;

    private const int BufferBytes = 8 << 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private byte[]? _joined;
    private int _start;
    private int _end;
    private int _scanned;
    private int _lineStart;
    private bool _begun;

    /// <summary>Room to read the next bytes into, at least one.</summary>
    public Memory<byte> Free()
    {
        if (_end == _buffer.Length) MakeRoom();
        return _buffer.AsMemory(_end);
    }

    /// <summary>Takes in the bytes that were read into <see cref="Free"/>.</summary>
    public void Advance(int bytes) => _end += bytes;

    /// <summary>The next whole event, if there is one.</summary>
    public bool TryRead(out SseEvent sse)
    {
        while (TryReadLine(out var lineEnd))
        {
            var blank = lineEnd == _lineStart;
            _lineStart = _scanned;
            if (!blank) continue;
            sse = Take();
            return true;
        }

        sse = default;
        return false;
    }

    /// <summary>
    /// What is left at the proper end of the stream, as an event. The standard drops an event without its blank line; some servers leave it out
    /// after the last one.
    /// </summary>
    public bool TryReadLast(out SseEvent sse)
    {
        var left = _end > _start;
        _scanned = _lineStart = _end;
        sse = left ? Take() : default;
        return left;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        if (_joined is not null) ArrayPool<byte>.Shared.Return(_joined);
        _joined = null;
    }

    /// <summary>Finds the end of the line at <c>_lineStart</c> and moves <c>_scanned</c> past its LF, CR LF or CR.</summary>
    private bool TryReadLine(out int lineEnd)
    {
        var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAny((byte)'\n', (byte)'\r');
        lineEnd = _scanned + found;
        if (found < 0)
        {
            _scanned = _end;
            return false;
        }

        if (_buffer[lineEnd] == '\n')
        {
            _scanned = lineEnd + 1;
            return true;
        }

        // CR: its LF, if it has one, may still be on its way. A blank line ends an event all the same, so that an event is never held back for
        // a byte that may never come; a late LF then is an event that says nothing, which is passed on and passed over.
        if (lineEnd + 1 < _end)
        {
            _scanned = lineEnd + (_buffer[lineEnd + 1] == '\n' ? 2 : 1);
            return true;
        }

        _scanned = lineEnd;
        if (lineEnd != _lineStart) return false;
        _scanned = lineEnd + 1;
        return true;
    }

    private SseEvent Take()
    {
        var raw = _buffer.AsSpan(_start, _scanned - _start);
        var marked = !_begun && raw.StartsWith("\uFEFF"u8);
        _begun = true;
        _start = _scanned;
        return Parse(raw, marked ? raw[3..] : raw);
    }

    private SseEvent Parse(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> name = [], data = [];
        var (dataLines, joinedBytes) = (0, 0);
        for (var rest = lines; TakeLine(ref rest, out var line);)
        {
            if (Field(line, "event"u8, out var value)) name = value;
            if (!Field(line, "data"u8, out value)) continue;
            if (dataLines++ == 0)
            {
                data = value;
                continue;
            }

            if (dataLines == 2) joinedBytes = Join(0, data, raw.Length);
            _joined![joinedBytes++] = (byte)'\n';
            joinedBytes = Join(joinedBytes, value, raw.Length);
            data = _joined.AsSpan(0, joinedBytes);
        }

        return new SseEvent { Name = name, Data = data, HasData = dataLines > 0, Raw = raw };
    }

    private int Join(int at, scoped ReadOnlySpan<byte> value, int bytesMax)
    {
        if (_joined is null || _joined.Length < bytesMax)
        {
            var larger = ArrayPool<byte>.Shared.Rent(bytesMax);
            if (_joined is not null) ArrayPool<byte>.Shared.Return(_joined);
            _joined = larger;
        }

        value.CopyTo(_joined.AsSpan(at));
        return at + value.Length;
    }

    private static bool TakeLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0)
        {
            line = rest;
            rest = default;
            return !line.IsEmpty;
        }

        line = rest[..end];
        var crlf = rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n';
        rest = rest[(end + (crlf ? 2 : 1))..];
        return true;
    }

    private static bool Field(ReadOnlySpan<byte> line, scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(name)) return false;
        if (line.Length == name.Length) return true;
        if (line[name.Length] != ':') return false;
        value = line[(name.Length + 1)..];
        if (value.Length > 0 && value[0] == ' ') value = value[1..];
        return true;
    }

    /// <summary>Moves what is left to the front, or into a buffer twice the size.</summary>
    private void MakeRoom()
    {
        var length = _end - _start;
        if (length > EventBytesMax) throw new Upstream.UpstreamException($"An event of the stream is larger than {EventBytesMax} bytes.");
        var target = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        if (target != _buffer) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = target;
        _scanned -= _start;
        _lineStart -= _start;
        (_start, _end) = (0, length);
    }
}
