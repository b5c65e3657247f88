using System.Buffers;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// A request as it goes out: its head and the first bytes of its body in one pooled array, so that a small request is one send, and the rest of the body where
/// it lies.
/// </summary>
internal readonly struct Http1Request : IDisposable
{
    /// <summary>Most that goes out with the head. More than nearly all chats have, and little enough to copy.</summary>
    private const int FirstBytesMax = 16 << 10;

    private readonly byte[] _buffer;
    private readonly int _length;

    private Http1Request(byte[] buffer, int headBytes, int length, UpstreamRequest request)
    {
        (_buffer, HeadBytes, _length) = (buffer, headBytes, length);
        IsHead = request.Method == HttpMethod.Head;
        IsIdempotent = IsHead || request.Method == HttpMethod.Get || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
            || request.Method == HttpMethod.Options || request.Method == HttpMethod.Trace;
    }

    public int HeadBytes { get; }
    public bool IsHead { get; }

    /// <summary>Whether it may arrive twice and mean the same (RFC 9110 §9.2.2).</summary>
    public bool IsIdempotent { get; }

    public ReadOnlyMemory<byte> First => _buffer.AsMemory(0, _length);
    public ReadOnlyMemory<byte> Rest { get; private init; }

    /// <summary>Whether more of a body that passes through follows.</summary>
    public bool HasMore { get; private init; }

    /// <summary>How much of it is in <see cref="First"/>.</summary>
    public int StreamBytes { get; private init; }

    /// <summary>Writes it. Throws <see cref="UpstreamException"/> if something in it would mean something else on the wire than was meant.</summary>
    public static Http1Request Write(UpstreamRequest request, string host)
    {
        var target = request.Target ?? request.Uri.PathAndQuery;
        var method = request.Method.Method;
        if (!FieldSyntax.MaySendName(method) || !SentFields.IsTarget(target, method)) throw Http1Fault.NotSendable("its address is not valid");
        if (request.Upgrade is { } upgrade && !FieldSyntax.IsProtocol(upgrade)) throw Http1Fault.NotSendable("its upgrade is not valid");
        var fields = SentFields.Check(request.Headers);
        var bodyBytes = request.Stream is { } stream ? stream.Length == 0 ? 0 : FirstBytesMax : Math.Min(request.Body.Length, FirstBytesMax);
        // The fixed part is less than 256 bytes: version, names, a length or the framing of a chunk and the last, line ends.
        var room = method.Length + target.Length + host.Length + fields.Bytes + (request.Upgrade?.Length ?? 0) + 256;
        var buffer = ArrayPool<byte>.Shared.Rent(room + bodyBytes);
        var writer = new HeadWriter(buffer);
        WriteHead(ref writer, request, target, host, fields);
        var headBytes = writer.Length;
        if (request.Stream is { } passing) return WithStream(ref writer, buffer, request, passing);
        writer.Write(request.Body.Span[..bodyBytes]);
        return new Http1Request(buffer, headBytes, writer.Length, request) { Rest = request.Body[bodyBytes..] };
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static void WriteHead(ref HeadWriter head, UpstreamRequest request, string target, string host, in SentFields fields)
    {
        head.Write(request.Method.Method);
        head.Write(" "u8);
        head.Write(target);
        head.Write(" HTTP/1.1\r\n"u8);
        if (!fields.HasHost) head.WriteField("Host", host);
        foreach (var (name, value) in request.Headers) head.WriteField(name, value);
        if (request.Upgrade is { } upgrade)
        {
            head.WriteField("Connection", fields.HasTe ? "Upgrade, TE" : "Upgrade");
            head.WriteField("Upgrade", upgrade);
        }
        else if (fields.HasTe)
        {
            head.Write("Connection: TE\r\n"u8);
        }

        if (request.Stream is { } stream) WriteFraming(ref head, stream);
        else WriteFraming(ref head, request, fields.HasType);
        head.Write("\r\n"u8);
    }

    private static void WriteFraming(ref HeadWriter head, UpstreamRequest request, bool hasType)
    {
        if (!request.Body.IsEmpty && !hasType) head.Write("Content-Type: application/json\r\n"u8);
        // A method that has a body by its nature says so even if it is empty (RFC 9110 §8.6).
        if (!request.Body.IsEmpty || request.Method.Method is "POST" or "PUT" or "PATCH") head.WriteLength(request.Body.Length);
    }

    private static void WriteFraming(ref HeadWriter head, RequestStream stream)
    {
        if (stream.Length is { } length) head.WriteLength(length);
        else head.Write("Transfer-Encoding: chunked\r\n"u8);
        if (stream is { AwaitsContinue: true, Length: not 0 }) head.Write("Expect: 100-continue\r\n"u8);
    }

    /// <summary>Adds what is there of the body already: most requests are one send then.</summary>
    private static Http1Request WithStream(ref HeadWriter writer, byte[] buffer, UpstreamRequest request, RequestStream stream)
    {
        var headBytes = writer.Length;
        if (stream.Length == 0 || stream.AwaitsContinue || !stream.TryRead(out var read)) return new(buffer, headBytes, headBytes, request) { HasMore = stream.Length != 0 };
        var there = read.Buffer;
        var first = there.Slice(0, Math.Min(there.Length, FirstBytesMax));
        var isWhole = stream.Length is { } length ? first.Length == length : read.IsCompleted && first.Length == there.Length;
        var isTooMuch = there.Length > stream.Length;
        if (!first.IsEmpty && !isTooMuch)
        {
            if (stream.Length is null) writer.WriteChunk(first);
            else writer.Write(first);
        }

        stream.EndRead(there, first.Length);
        if (isTooMuch)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new UpstreamException("the request's body is longer than it says") { RequestAtFault = true };
        }

        // Fields that follow the body are rare, and left to who sends the rest.
        var endsHere = isWhole && stream.Length is null && stream.Trailers().Count == 0;
        if (endsHere) writer.Write("0\r\n\r\n"u8);
        return new(buffer, headBytes, writer.Length, request) { StreamBytes = (int)first.Length, HasMore = stream.Length is null ? !endsHere : !isWhole };
    }
}
