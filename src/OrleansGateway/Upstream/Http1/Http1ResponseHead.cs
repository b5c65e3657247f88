using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// The head of an answer, read line by line as it comes (RFC 9112 §4 and §5). Strict: what two readers could understand differently is refused, for the
/// other reader may be one that decides what a client sees. Keeps places, not texts: the bytes stay where they were received.
/// </summary>
internal sealed class Http1ResponseHead
{
    public const int BytesMax = 64 << 10;
    public const int LineBytesMax = 16 << 10;
    public const int FieldsMax = 128;

    private Place[] _fields = new Place[32];
    private int _count;
    private int _line;
    private int _scanned;
    private bool _isHttp10;
    private bool _isClose;
    private bool _isKeepAlive;
    private bool _isUpgrade;

    public int Status { get; private set; }

    /// <summary>Bytes of the whole head, its empty line included.</summary>
    public int Length { get; private set; }

    public long? ContentLength { get; private set; }
    public bool IsChunked { get; private set; }

    /// <summary>Whether a coding that nobody knows is taken for none; see <see cref="Configuration.UnknownTransferCodings"/>. As asked for, before anything is read.</summary>
    public bool IgnoresUnknownCodings { get; set; }

    /// <summary>Whether it has one: the body ends with the connection, whatever else the head says (RFC 9112 §6.3).</summary>
    public bool HasUnknownCoding { get; private set; }

    /// <summary>Whether <c>Connection</c> names <c>Upgrade</c>, without which that field is not meant for us (RFC 9110 §7.8).</summary>
    public bool IsUpgrade => _isUpgrade;

    /// <summary>Whether the peer lets the connection be used again (RFC 9112 §9.3).</summary>
    public bool KeepsAlive => !_isClose && (!_isHttp10 || _isKeepAlive);

    public void Reset()
    {
        (_count, _line, _scanned, Status, Length) = (0, 0, 0, 0, 0);
        (_isHttp10, _isClose, _isKeepAlive, _isUpgrade, IsChunked, HasUnknownCoding, ContentLength) = (false, false, false, false, false, false, null);
    }

    /// <summary>Reads on in all that has come of the head so far; true once it is whole. Throws <see cref="UpstreamException"/> if it is not HTTP.</summary>
    public bool Parse(ReadOnlySpan<byte> bytes)
    {
        while (bytes[_scanned..].IndexOf((byte)'\n') is >= 0 and var found)
        {
            var end = _scanned + found;
            var line = bytes[_line..end];
            if (line.IsEmpty || line[^1] != '\r') throw Http1Fault.NotHttp("a line ends in a bare line feed");
            line = line[..^1];
            if (line.Length > LineBytesMax || end >= BytesMax) throw Http1Fault.NotHttp("its head is too large");
            var start = _line;
            _line = _scanned = end + 1;
            if (Status == 0) ParseStatus(line);
            else if (line.IsEmpty) return Complete();
            else ParseField(line, start);
        }

        _scanned = bytes.Length;
        if (bytes.Length - _line > LineBytesMax || bytes.Length > BytesMax) throw Http1Fault.NotHttp("its head is too large");
        return false;
    }

    /// <summary>First value of a field; empty if it is not there or says nothing.</summary>
    public bool TryGet(ReadOnlySpan<byte> bytes, ReadOnlySpan<char> name, out ReadOnlySpan<byte> value)
    {
        foreach (ref readonly var field in _fields.AsSpan(0, _count))
        {
            if (field.NameLength != name.Length || !Ascii.EqualsIgnoreCase(bytes.Slice(field.Start, field.NameLength), name)) continue;
            value = bytes.Slice(field.ValueStart, field.ValueLength);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>All fields as text, in their order.</summary>
    public List<KeyValuePair<string, string>> ToList(ReadOnlySpan<byte> bytes)
    {
        var list = new List<KeyValuePair<string, string>>(_count);
        for (var i = 0; i < _count; i++) list.Add(Field(bytes, i));
        return list;
    }

    /// <summary>How many fields there are.</summary>
    public int Count => _count;

    /// <summary>One field as text.</summary>
    public KeyValuePair<string, string> Field(ReadOnlySpan<byte> bytes, int index)
    {
        var field = _fields[index];
        var texts = FieldTexts.Shared;
        return new(texts.Of(bytes.Slice(field.Start, field.NameLength)), texts.Of(bytes.Slice(field.ValueStart, field.ValueLength)));
    }

    private void ParseStatus(ReadOnlySpan<byte> line)
    {
        // "HTTP/1.1 200 OK". The space after the status must be there, and yet some leave it out with the phrase, which nobody reads.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[8] != ' ' || !IsDigit(line[7])) throw Http1Fault.NotHttp("its status line is not one");
        if (!IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11])) throw Http1Fault.NotHttp("its status is not a number");
        if ((line.Length > 12 && line[12] != ' ') || !FieldSyntax.IsValue(line[12..])) throw Http1Fault.NotHttp("its status line is not one");
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        if (Status is < 100 or > 599) throw Http1Fault.NotHttp("its status is not a number of HTTP");
        _isHttp10 = line[7] == '0';
    }

    private void ParseField(ReadOnlySpan<byte> line, int start)
    {
        // A line that begins with a space continued the one before it, long ago (obs-fold, RFC 9112 §5.2); a space before the colon has been read both ways (§5.1).
        var nameLength = FieldSyntax.TokenLength(line);
        if (nameLength == 0 || nameLength == line.Length || line[nameLength] != ':') throw Http1Fault.NotHttp("a header is not one");
        var raw = line[(nameLength + 1)..];
        if (!FieldSyntax.IsValue(raw)) throw Http1Fault.NotHttp("a header has a control character");
        var value = FieldSyntax.Trim(raw);
        if (_count == FieldsMax) throw Http1Fault.NotHttp("it has too many headers");
        if (_count == _fields.Length) Array.Resize(ref _fields, FieldsMax);
        var valueStart = start + line.Length - raw.TrimStart(" \t"u8).Length;
        _fields[_count++] = new Place(start, nameLength, valueStart, value.Length);
        NoteFraming(line[..nameLength], value);
    }

    private void NoteFraming(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (name.Length)
        {
            case 14 when Ascii.EqualsIgnoreCase(name, "content-length"u8):
                // Twice is refused even if both say the same: RFC 9112 §6.3 allows it, and no honest server needs it.
                if (ContentLength is not null || !TryParseLength(value, out var length)) throw Http1Fault.NotHttp("its length is not one number");
                ContentLength = length;
                break;
            case 17 when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                NoteCoding(value);
                break;
            case 10 when Ascii.EqualsIgnoreCase(name, "connection"u8):
                NoteConnection(value);
                break;
        }
    }

    private void NoteCoding(ReadOnlySpan<byte> value)
    {
        var isChunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
        // We ask for no other coding (no TE), and chunked twice is forbidden (RFC 9112 §6.1 and §7).
        if (IsChunked || HasUnknownCoding || (!isChunked && !(IgnoresUnknownCodings && IsUnknown(value)))) throw Http1Fault.NotHttp("its transfer coding is not chunked");
        (IsChunked, HasUnknownCoding) = (isChunked, !isChunked);
    }

    /// <summary>Whether it is one word, and no coding of IANA's registry nor an old name of one (RFC 9112 §7.2): those another reader may undo.</summary>
    private static bool IsUnknown(ReadOnlySpan<byte> coding)
    {
        if (coding.IsEmpty || FieldSyntax.TokenLength(coding) != coding.Length) return false;
        var bare = coding.Length > 2 && Ascii.EqualsIgnoreCase(coding[..2], "x-"u8) ? coding[2..] : coding;
        return !(Ascii.EqualsIgnoreCase(bare, "gzip"u8) || Ascii.EqualsIgnoreCase(bare, "deflate"u8) || Ascii.EqualsIgnoreCase(bare, "compress"u8) || Ascii.EqualsIgnoreCase(bare, "chunked"u8));
    }

    private void NoteConnection(ReadOnlySpan<byte> options)
    {
        foreach (var range in options.Split((byte)','))
        {
            var option = FieldSyntax.Trim(options[range]);
            _isClose |= Ascii.EqualsIgnoreCase(option, "close"u8);
            _isKeepAlive |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
            _isUpgrade |= Ascii.EqualsIgnoreCase(option, "upgrade"u8);
        }
    }

    private bool Complete()
    {
        // RFC 9112 §6.3 lets the coding win and calls it an attack all the same. Also §6.1: HTTP/1.0 has no transfer codings.
        var isCoded = IsChunked || HasUnknownCoding;
        if (isCoded && ContentLength is not null) throw Http1Fault.NotHttp("it has a length and a transfer coding");
        if (isCoded && _isHttp10) throw Http1Fault.NotHttp("a transfer coding in HTTP/1.0");
        Length = _line;
        return true;
    }

    private static bool TryParseLength(ReadOnlySpan<byte> text, out long length)
    {
        length = 0;
        // 18 digits cannot overflow, and are an exabyte.
        if (text.Length is 0 or > 18) return false;
        foreach (var digit in text)
        {
            if (!IsDigit(digit)) return false;
            length = (length * 10) + digit - '0';
        }

        return true;
    }

    private static bool IsDigit(byte character) => character is >= (byte)'0' and <= (byte)'9';

    private readonly record struct Place(int Start, int NameLength, int ValueStart, int ValueLength);
}
