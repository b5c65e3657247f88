using System.Text;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Changes to bytes that know nothing of what they mean, but the words that parsers stumble over.</summary>
internal static class ByteMutation
{
    private static readonly string[] s_words =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", "\n\n", "\r\r\n", "\0", " ", "\t", "\v", "\f", ":", ";", ",", "\"", "%00", "%0d%0a", "%2e%2e/", "/../", "//", "?", "#", "\x7f", "\x80", "\xff", "\xc0\x80", "\xe2\x80\xa8",
        "0", "-1", "+5", "0x10", "1e3", "ffffffff", "ffffffffffffffff", "10000000000000000", "9223372036854775807", "18446744073709551616", "0\r\n\r\n", "5;a=\"\n\"\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0",
        "HTTP/0.9", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "chunked", "identity", "gzip", "\x16\x03\x01",
    ];

    // Lines of a head, set in whole.
    private static readonly string[] s_lines =
    [
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: \x0bchunked\r\n", "Transfer-Encoding:\r\n chunked\r\n", "Transfer-Encoding: xchunked\r\n", "transfer-encoding: CHUNKED\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "TE: trailers, gzip\r\n", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 5, 6\r\n", "Content-Length: -5\r\n", "Content-Length: +5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length:\r\n", "Content-Length : 5\r\n", "Content_Length: 5\r\n", " folded\r\n", "\tfolded\r\n", "Host: other\r\n", "Host:\r\n", "Host: a b\r\n", "Host: [::1]:80\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n",
        "Connection: Content-Length, Transfer-Encoding, Host, Authorization, x-fuzz-marker\r\n", "Connection: Upgrade\r\n", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n", "Upgrade: websocket\r\n", "Expect: 100-continue\r\n", "Expect: magic\r\n", "Max-Forwards: 0\r\n",
        "Content-Encoding: gzip\r\n", "Trailer: Content-Length, Host\r\n", "X-Api-Key: another-key-0123456789-0123456789\r\n", ": empty\r\n", "no colon\r\n", "a\0b: c\r\n", "x-latin: \xe4\xf6\xfc\r\n", "x-long: " + new string('x', 9_000) + "\r\n", "Range: bytes=0-1\r\n",
        "Accept-Encoding: br;q=0, *\r\n", "Forwarded: for=\"[::1]\";proto=https, for=x\r\n", "X-Forwarded-For: 1.2.3.4, ::1, junk\r\n", "traceparent: 00-00000000000000000000000000000000-0000000000000000-01\r\n", "Origin: null\r\n", "Cookie: a=b\r\nCookie: c=d\r\n",
    ];

    /// <summary>One to four changes to the first part of some bytes.</summary>
    /// <param name="wire">The bytes.</param>
    /// <param name="within">Length of the part that is changed.</param>
    /// <param name="random">Chooses.</param>
    public static string Mutate(string wire, int within, Random random)
    {
        var part = new StringBuilder(wire, 0, within, within + 256);
        for (var times = random.Next(1, 5); times > 0 && part.Length > 0; times--) Change(part, random);
        return part + wire[within..];
    }

    private static void Change(StringBuilder part, Random random)
    {
        var at = random.Next(part.Length);
        var length = Math.Min(random.Next(1, random.Next(4) == 0 ? 400 : 12), part.Length - at);
        var (line, lineLength) = LineAt(part, at);
        switch (random.Next(12))
        {
            case 0: part[at] ^= (char)(1 << random.Next(8)); break;
            case 1: part[at] = (char)random.Next(256); break;
            case 2: part.Insert(at, Word(random)); break;
            case 3: part.Remove(at, length).Insert(at, Word(random)); break;
            case 4: part.Remove(at, length); break;
            case 5: part.Insert(at, part.ToString(at, length)); break;
            case 6: part.Insert(line, s_lines[random.Next(s_lines.Length)]); break;
            case 7: part.Insert(line, part.ToString(line, lineLength)); break;
            case 8: part.Remove(line, lineLength); break;
            case 9: Move(part, line, lineLength, random); break;
            case 10: part.Insert(at, new StringBuilder().Insert(0, Word(random), random.Next(1, 400))); break;
            case 11 when random.Next(3) == 0: part.Length = at; break;
            case 11: part.Insert(line, s_lines[random.Next(s_lines.Length)]); break;
        }
    }

    /// <summary>Puts a line at the beginning of another.</summary>
    private static void Move(StringBuilder part, int line, int length, Random random)
    {
        var text = part.ToString(line, length);
        part.Remove(line, length);
        part.Insert(part.Length == 0 ? 0 : LineAt(part, random.Next(part.Length)).Start, text);
    }

    private static string Word(Random random) => s_words[random.Next(s_words.Length)];

    /// <summary>The line a place is in, with its end. Chunks are lines too.</summary>
    private static (int Start, int Length) LineAt(StringBuilder part, int at)
    {
        var text = part.ToString();
        var start = at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;
        var end = text.IndexOf('\n', at);
        return (start, (end < 0 ? text.Length : end + 1) - start);
    }
}
