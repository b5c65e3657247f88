using System.Buffers;
using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// A request as it goes out: its head and the first bytes of its body in one pooled array, so that a small request is one send, and the rest of the body where
/// it lies.
/// </summary>
internal readonly struct Http1Request : IDisposable
{
    /// <summary>Most that goes out with the head. More than nearly all chats have, and little enough to copy.</summary>
    private const int FirstBytesMax = 16 << 10;

    private static readonly SearchValues<string> s_ours = SearchValues.Create(
        ["Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect"], StringComparison.OrdinalIgnoreCase);

    private readonly byte[] _buffer;
    private readonly int _length;

    private Http1Request(byte[] buffer, int headBytes, int length, UpstreamRequest request)
    {
        (_buffer, HeadBytes, _length, Rest) = (buffer, headBytes, length, request.Body[(length - headBytes)..]);
        IsHead = request.Method == HttpMethod.Head;
        IsIdempotent = IsHead || request.Method == HttpMethod.Get || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
            || request.Method == HttpMethod.Options || request.Method == HttpMethod.Trace;
    }

    public int HeadBytes { get; }
    public bool IsHead { get; }

    /// <summary>Whether it may arrive twice and mean the same (RFC 9110 §9.2.2).</summary>
    public bool IsIdempotent { get; }

    public ReadOnlyMemory<byte> First => _buffer.AsMemory(0, _length);
    public ReadOnlyMemory<byte> Rest { get; }

    /// <summary>Writes it. Throws <see cref="UpstreamException"/> if something in it would mean something else on the wire than was meant.</summary>
    public static Http1Request Write(UpstreamRequest request, string host)
    {
        var target = request.Uri.PathAndQuery;
        var method = request.Method.Method;
        if (!FieldSyntax.MaySendTarget(target) || !FieldSyntax.MaySendName(method)) throw Http1Fault.NotSendable("its address is not valid");
        var (given, isHostGiven, isTypeGiven) = Check(request.Headers);
        // The fixed part is less than 128 bytes: version, names, a length, line ends.
        var headBytesMax = method.Length + target.Length + host.Length + given + 128;
        var buffer = ArrayPool<byte>.Shared.Rent(headBytesMax + Math.Min(request.Body.Length, FirstBytesMax));
        var head = new HeadWriter(buffer);
        head.Write(method);
        head.Write(" "u8);
        head.Write(target);
        head.Write(" HTTP/1.1\r\n"u8);
        if (!isHostGiven) head.WriteField("Host", host);
        foreach (var (name, value) in request.Headers) head.WriteField(name, value);
        if (!request.Body.IsEmpty && !isTypeGiven) head.Write("Content-Type: application/json\r\n"u8);
        // A method that has a body by its nature says so even if it is empty (RFC 9110 §8.6).
        if (!request.Body.IsEmpty || method is "POST" or "PUT" or "PATCH") head.WriteLength(request.Body.Length);
        head.Write("\r\n"u8);
        var first = request.Body.Span[..Math.Min(request.Body.Length, FirstBytesMax)];
        var headBytes = head.Length;
        head.Write(first);
        return new Http1Request(buffer, headBytes, head.Length, request);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static (int Bytes, bool IsHostGiven, bool IsTypeGiven) Check(List<KeyValuePair<string, string>> headers)
    {
        var (bytes, hosts, types) = (0, 0, 0);
        foreach (var (name, value) in headers)
        {
            // Never sent in part or mended: a line end in a value is somebody's attempt to add a header.
            if (!FieldSyntax.MaySendName(name) || !FieldSyntax.MaySendValue(value)) throw Http1Fault.NotSendable("a header is not valid");
            if (s_ours.Contains(name)) throw Http1Fault.NotSendable("a header is the connection's own");
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase)) hosts++;
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) types++;
            bytes += name.Length + value.Length + 4;
        }

        return hosts > 1 || types > 1 ? throw Http1Fault.NotSendable("a header that stands once is there twice") : (bytes, hosts > 0, types > 0);
    }

    /// <summary>Writes into an array that is large enough; all text has been found to be ASCII.</summary>
    private ref struct HeadWriter(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;

        public int Length { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_buffer[Length..]);
            Length += bytes.Length;
        }

        public void Write(string text) => Length += Encoding.ASCII.GetBytes(text, _buffer[Length..]);

        public void WriteField(string name, string value)
        {
            Write(name);
            Write(": "u8);
            Write(value);
            Write("\r\n"u8);
        }

        public void WriteLength(int length)
        {
            Write("Content-Length: "u8);
            _ = length.TryFormat(_buffer[Length..], out var digits, default, CultureInfo.InvariantCulture);
            Length += digits;
            Write("\r\n"u8);
        }
    }
}
