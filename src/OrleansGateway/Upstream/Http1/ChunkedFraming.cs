using System.Buffers;
using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>Puts chunks of a body together (RFC 9112 §7.1).</summary>
internal static class ChunkedFraming
{
    /// <summary>Most that a chunk takes besides its data: eight digits and two line ends.</summary>
    public const int ExtraBytesMax = 12;

    private static readonly SearchValues<string> s_forbidden = SearchValues.Create(
        ["Transfer-Encoding", "Content-Length", "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a chunk and returns its length. Not of nothing: that would be the last.</summary>
    public static int Write(in ReadOnlySequence<byte> data, Span<byte> chunk)
    {
        var bytes = (int)data.Length;
        _ = bytes.TryFormat(chunk, out var at, "x", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(chunk[at..]);
        at += 2;
        data.CopyTo(chunk[at..]);
        at += bytes;
        "\r\n"u8.CopyTo(chunk[at..]);
        return at + 2;
    }

    /// <summary>The last chunk, with the fields that follow the body. Throws <see cref="UpstreamException"/> if one of them would change how the message is read (RFC 9110 §6.5.1).</summary>
    public static ReadOnlyMemory<byte> LastChunk(IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        if (trailers.Count == 0) return "0\r\n\r\n"u8.ToArray();
        var text = new StringBuilder("0\r\n");
        foreach (var (name, value) in trailers)
        {
            if (!FieldSyntax.MaySendName(name) || !FieldSyntax.MaySendValue(value)) throw Http1Fault.TrailerNotSendable("a trailer is not valid");
            if (s_forbidden.Contains(name)) throw Http1Fault.TrailerNotSendable("a trailer is the connection's own");
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }
}
