using System.Text;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>A session of HTTP/2 by prior knowledge, frame by frame (RFC 9113 §4.1), and what becomes of its frames.</summary>
internal static class Http2Corpus
{
    private const int FloodMax = 300;
    private static readonly string[] s_settings = ["", "\0\x01\0\0\0\0", "\0\x02\0\0\0\x01", "\0\x03\0\0\0\x01", "\0\x04\0\0\0\0", "\0\x04\xff\xff\xff\xff", "\0\x05\0\0\0\0", "\0\x06\0\0\0\x01", "\0\x08\0\0\0\x01", "\0\x04\0\0"];

    // Literal field lines that no client may send, or none that means well.
    private static readonly (string Name, string Value)[] s_oddFields =
    [
        (":path", "/again"), (":status", "200"), (":protocol", "websocket"), ("Upper", "a"), ("connection", "close"), ("transfer-encoding", "chunked"), ("content-length", "5"), ("content-length", "-1"), ("host", "other"), ("te", "gzip"),
        ("x-nul", "a\0b"), ("x-line", "a\r\nb: c"), ("bad name", "a"), ("", "a"), ("x:y", "a"), ("cookie", "a=b"), ("cookie", "c=d"), ("expect", "100-continue"), ("upgrade", "h2c"), ("keep-alive", "5"), ("proxy-connection", "x"), ("x-long", new string('x', 20_000)), ("trailer", "x"),
    ];

    /// <summary>A whole session: some requests, each on a stream of its own, and perhaps things between that have no place there.</summary>
    public static string Session(int seed, int number, Random random)
    {
        var frames = new List<string> { Frame(4, 0, 0, random.Next(3) == 0 ? s_settings[random.Next(s_settings.Length)] : "") };
        for (var n = 0; n < random.Next(1, 4); n++) frames.AddRange(Request(new Asked(random, Marker.Of(seed, number, n), IsSteady: false), stream: 1 + 2 * n));
        for (var times = random.Next(4); times > 0; times--) Change(frames, random);
        var wire = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + string.Concat(frames);
        return random.Next(3) == 0 ? ByteMutation.Mutate(wire, wire.Length, random) : wire;
    }

    public static string Frame(int type, int flags, int stream, string payload) => Number(payload.Length, 3) + (char)(type & 0xFF) + (char)(flags & 0xFF) + Number(stream, 4) + payload;

    private static IEnumerable<string> Request(Asked a, int stream)
    {
        var (method, path, body) = a.Random.Next(6) switch
        {
            0 => ("GET", $"{a.Base}{a.Marker}", ""),
            1 => ("POST", $"{a.Base}post", a.Marker + new string('t', a.Random.Next(40_000))),
            2 => ("POST", "/v1/messages", ChatBodies.Anthropic(a)),
            3 => ("HEAD", $"{a.Base}head", ""),
            4 => ("CONNECT", $"{a.Base}socket", ""),
            _ => ("POST", "/v1/chat/completions", ChatBodies.OpenAI(a)),
        };
        var fields = new List<(string Name, string Value)>
        {
            (":method", method), (":scheme", "http"), (":authority", "gateway"), (":path", path), ("x-fuzz-marker", a.Marker),
            ("authorization", "Bearer " + OperationsFolder.Key), ("te", "trailers"),
        };
        if (method == "CONNECT") fields.Insert(1, (":protocol", "websocket"));
        if (a.Random.Next(4) == 0) fields.Insert(a.Random.Next(fields.Count + 1), s_oddFields[a.Random.Next(s_oddFields.Length)]);
        var block = string.Concat(fields.Select(f => Literal(f.Name, f.Value)));
        var ends = body.Length == 0 ? 1 : 0;
        if (a.Random.Next(4) == 0)
        {
            var cut = a.Random.Next(block.Length);
            yield return Frame(1, ends, stream, block[..cut]);
            yield return Frame(9, 4, stream, block[cut..]);
        }
        else
        {
            yield return Frame(1, ends | 4, stream, block);
        }

        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, a.Random.Next(1, 16_000));
            var trails = a.Random.Next(4) == 0;
            at += length;
            yield return Frame(0, at == body.Length && !trails ? 1 : 0, stream, body.Substring(at - length, length));
            if (at == body.Length && trails) yield return Frame(1, 5, stream, Literal("x-sum", "1"));
        }
    }

    private static void Change(List<string> frames, Random random)
    {
        var at = random.Next(frames.Count);
        var frame = new StringBuilder(frames[at]);
        switch (random.Next(12))
        {
            case 0: frame[random.Next(3)] = (char)random.Next(256); break;
            case 1: frame[3] = (char)random.Next(12); break;
            case 2: frame[4] ^= (char)(1 << random.Next(8)); break;
            case 3: frame[8] = (char)random.Next(8); break;
            case 4 when frame.Length > 9: frame[random.Next(9, frame.Length)] = (char)random.Next(256); break;
            case 5: frames.Insert(random.Next(frames.Count + 1), frames[at]); break;
            case 6: frames.RemoveAt(at); frames.Insert(random.Next(frames.Count + 1), frame.ToString()); return;
            case 7: frames.Insert(at, Odd(random)); return;
            case 8: frames.InsertRange(at, Enumerable.Repeat(Odd(random), random.Next(FloodMax))); return;
            // Rapid reset (CVE-2023-44487), and a head that never ends (CVE-2024-27983 and its like), bounded.
            case 9: frames.InsertRange(at, Enumerable.Range(0, random.Next(FloodMax)).SelectMany(n => Request(new Asked(random, "reset", IsSteady: false), 101 + 2 * n).Take(1).Append(Frame(3, 0, 101 + 2 * n, "\0\0\0\x08")))); return;
            case 10: frames.InsertRange(at, Enumerable.Repeat(Frame(9, 0, 1, Literal("x-more", new string('x', random.Next(200)))), random.Next(FloodMax))); return;
            case 11 when frames.Count > 1: frames.RemoveAt(at); return;
        }

        frames[at] = frame.ToString();
    }

    private static string Odd(Random random) => random.Next(10) switch
    {
        0 => Frame(6, random.Next(2), 0, new string('p', random.Next(2) == 0 ? 8 : random.Next(20))),
        1 => Frame(4, random.Next(2), random.Next(2), s_settings[random.Next(s_settings.Length)]),
        2 => Frame(3, 0, random.Next(6), "\0\0\0\x08"),
        3 => Frame(8, 0, random.Next(6), Number(random.Next(3) == 0 ? int.MaxValue : random.Next(100), 4)),
        4 => Frame(2, 0, random.Next(6), Number(random.Next(6), 4) + "\x10"),
        5 => Frame(7, 0, 0, "\0\0\0\0\0\0\0\0"),
        6 => Frame(5, 4, 1, "\0\0\0\x02"),
        7 => Frame(0, random.Next(2) == 0 ? 8 : 0, random.Next(8), new string('\0', random.Next(3))),
        // HPACK: an index out of the table, a table resized, an integer without end.
        8 => Frame(1, 5, 1 + 2 * random.Next(6), random.Next(3) switch { 0 => "\xff\xff\xff\xff\xff\x0f", 1 => "\x3f\xff\xff\xff\x7f\x82", _ => "\x80" }),
        _ => Frame(random.Next(256), random.Next(256), random.Next(10), new string('u', random.Next(50))),
    };

    // Neither indexed nor compressed (RFC 7541 §6.2.2).
    private static string Literal(string name, string value) => "\0" + Length(name.Length) + name + Length(value.Length) + value;

    private static string Length(int length)
    {
        if (length < 127) return ((char)length).ToString();
        var text = "\x7f";
        for (length -= 127; length >= 128; length >>= 7) text += (char)(length & 127 | 128);
        return text + (char)length;
    }

    private static string Number(int number, int bytes) => string.Create(bytes, number, static (text, number) =>
    {
        for (var at = text.Length - 1; at >= 0; at--, number >>= 8) text[at] = (char)(number & 0xFF);
    });
}
