using System.Buffers.Binary;
using System.Text;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>The client's end of an HTTP/2 connection that sends whatever frames a test wants. Fields go as literals without an index (RFC 7541 §6.2.2).</summary>
internal sealed class Http2Connection(RawConnection raw) : IDisposable
{
    public const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Push = 5, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4, Ack = 1;
    public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static readonly string[] Errors =
    [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL",
        "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ];

    /// <summary>Fields of a request that is answered with 200.</summary>
    public static (string Name, string Value)[] Good =>
        [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/v1/models"), ("authorization", $"Bearer {GatewayUnderTest.Key}")];

    public static async Task<Http2Connection> OpenAsync(Uri url)
    {
        var raw = await RawConnection.OpenAsync(url);
        await raw.SayAsync(Preface);
        await raw.SayAsync(Frame(Settings, 0, 0, []));
        return new Http2Connection(raw);
    }

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload) => Frame(type, flags, stream, payload, payload.Length);

    /// <summary>A frame whose stated length may be wrong.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload, int length)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public static byte[] Fields(params (string Name, string Value)[] fields) => [.. fields.SelectMany(f => (byte[])[0, .. Literal(f.Name), .. Literal(f.Value)])];

    /// <summary>A request without a body.</summary>
    public static byte[] Get(int stream, params (string Name, string Value)[] fields) => Frame(Headers, EndStream | EndHeaders, stream, Fields(fields));

    public Task SayAsync(byte[] bytes) => raw.SayAsync(bytes);

    /// <summary>
    /// What becomes of a stream: <c>200</c> or another status, <c>reset ERROR</c>, or, for the connection as a whole, <c>goaway ERROR</c> or <c>closed</c>.
    /// </summary>
    public async Task<string> OutcomeAsync(int stream)
    {
        while (await raw.ReadBytesAsync(9) is { } head)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
            if (await raw.ReadBytesAsync(length) is not { } payload) break;
            var on = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
            if (head[3] == GoAway) return $"goaway {ErrorAt(payload, 4)}";
            if (on == stream && head[3] == Reset) return $"reset {ErrorAt(payload, 0)}";
            if (on == stream && head[3] == Headers) return StatusOf(payload);
        }

        return "closed";
    }

    public void Dispose() => raw.Dispose();

    private static string ErrorAt(byte[] payload, int at) => Errors[BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(at))];

    // The status comes first (RFC 9113 §8.3.2): from the static table (RFC 7541, Appendix A), or its name from there and three digits.
    private static string StatusOf(byte[] block)
    {
        var at = 0;
        if ((block[0] & 0xe0) == 0x20)
        {
            at++;
            if ((block[0] & 0x1f) == 0x1f) while ((block[at++] & 0x80) != 0) { }
        }

        return block[at] switch
        {
            0x88 => "200", 0x89 => "204", 0x8a => "206", 0x8b => "304", 0x8c => "400", 0x8d => "404", 0x8e => "500",
            _ => Encoding.ASCII.GetString(block, at + 2, 3),
        };
    }

    private static byte[] Literal(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        List<byte> all = [];
        // An integer with a prefix of 7 bits (RFC 7541 §5.1).
        if (bytes.Length < 127) all.Add((byte)bytes.Length);
        else
        {
            all.Add(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7) all.Add((byte)(rest & 127 | 128));
            all.Add((byte)rest);
        }

        return [.. all, .. bytes];
    }
}
