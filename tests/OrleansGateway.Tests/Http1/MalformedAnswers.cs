namespace OrleansGateway.Tests.Http1;

/// <summary>Answers that are not HTTP/1.1, or that two readers could take for different ones. Each is whole but for its fault.</summary>
internal static class MalformedAnswers
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";
    private const string Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";
    private const string LengthAndBody = "Content-Length: 2\r\n\r\nok";
    private const string LastChunk = "0\r\n\r\n";

    private static readonly string[] s_statusLines =
    [
        "", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 20x OK", "HTTP/1.1 -20 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 2 0 OK", "HTTP/1.1 000 X",
        "HTTP/1.1 099 X", "HTTP/1.1 600 X", "HTTP/1.1 999 X", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK", "HTTP/2 200 OK",
        "HTTP/2.0 200 OK", "HTTP/0.9 200 OK", "HTTP/1 200 OK", "HTTP/1.10 200 OK", "HTTP/1.x 200 OK", "HTTP/1. 200 OK", "HTTP/11 200 OK", "http/1.1 200 OK", "Http/1.1 200 OK",
        "HTTP /1.1 200 OK", "HTTP/ 1.1 200 OK", " HTTP/1.1 200 OK", "\tHTTP/1.1 200 OK", "HTTPS/1.1 200 OK", "ICY 200 OK", "SSH-2.0-OpenSSH_9.2", "<html>", "{}", "\0",
        "HTTP/1.1 200 O\0K", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 O\u0001K", "HTTP/1.1 200 O\u007fK", "GET / HTTP/1.1", "HTTP/1.1 101 Switching Protocols",
        "\r\nHTTP/1.1 200 OK",
    ];

    private static readonly string[] s_fields =
    [
        "A : b", "A\t: b", " A: b", "\tA: b", ": b", "A", "A b: c", "A: b\r\n c", "A: b\r\n\tc", "A: b\r\n ", "A: b\0", "A: \u0001", "A: \u001f", "A: \u007f", "A: b\rc", "A: b\r", "A: \r\r",
        "A\0: b", "A\r: b", "A(: b", "A): b", "A<: b", "A>: b", "A@: b", "A,: b", "A;: b", "A\\: b", "A\": b", "A/: b", "A[: b", "A]: b", "A?: b", "A=: b", "A{: b", "A}: b",
        "\u0080A: b", "\u00c4: b", "A: b\n", "\n", "A: b\nB: c",
        // Lengths beside the one that follows.
        "Content-Length: 2", "content-length: 2", "CONTENT-LENGTH: 3", "Content-Length: 0", "Content-Length : 2", "Transfer-Encoding: chunked", "transfer-encoding:chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding : chunked", "Transfer-Encoding:\r\n chunked",
    ];

    private static readonly string[] s_lengths =
    [
        "", " ", "-1", "+2", "2 2", "2, 2", "2,3", "2,", ",2", "0x2", "2.0", "2e0", "two", "2;", "\"2\"", "2\t2", "2\u00a0", "\u00b2", "9999999999999999999", "18446744073709551618",
        "99999999999999999999999999", "0000000000000000002", "2\r\nTransfer-Encoding: chunked", "2\r\nContent-Length: 2", "2\r\nContent-Length: 3",
    ];

    private static readonly string[] s_codings =
    [
        "", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked", "chunkedx", "chunke", "chunked;q=1", "\"chunked\"", "chunked,", ",chunked", "deflate",
        "chunked chunked", "chunked\u000b", "\u000bchunked", "chunked\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: gzip", "gzip\r\nTransfer-Encoding: chunked",
        "chunked\r\nContent-Length: 2",
    ];

    private static readonly string[] s_chunks =
    [
        "2\nok\r\n", "2\r\nok\n", "2\r\nokk\r\n", "2\r\nok", "2\r\nok\r\r\n", "2\r\nok\r\n\r\n", "3\r\nok\r\n", "g\r\n", "-2\r\nok\r\n", "+2\r\nok\r\n", "0x2\r\nok\r\n", " 2\r\nok\r\n", "\r\n",
        "2 \r\nok\r\n", "2\t\r\nok\r\n", "2;a\nok\r\n", "2;\0\r\nok\r\n", "2;a\rb\r\nok\r\n", "2;a\u0001\r\nok\r\n", ";a\r\nok\r\n", "2 x\r\nok\r\n", "2,\r\nok\r\n", "2.\r\nok\r\n", "2\rok\r\n", "2\r\r\nok\r\n", "\u00b2\r\nok\r\n",
        "7fffffffffffffff\r\n", "ffffffffffffffff\r\n", "10000000000000000\r\n", "100000000000000000002\r\nok\r\n", "0000000000000002\r\nok\r\n", "\n", "\0\r\n",
    ];

    private static readonly string[] s_trailers =
    [
        "A b: c", " A: b", "A : b", "A: b\nB: c", ": b", "A", "A: \0", "A: b\r", "A: b\r\n c", "\n", "\u0080: b", "A: \u007f",
    ];

    private static readonly string[] s_interims =
    [
        "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 100 Continue\r\nA : b\r\n\r\n", "HTTP/1.1 100 Continue\r\n\n",
        "HTTP/1.1 100 Continue\r\n\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n101",
    ];

    public static TheoryData<string> All { get; } = [.. Build()];

    private static IEnumerable<string> Build() =>
    [
        .. s_statusLines.Select(line => $"{line}\r\n{LengthAndBody}"),
        .. s_fields.Select(field => $"{Ok}{field}\r\n{LengthAndBody}"),
        .. s_lengths.Select(length => $"{Ok}Content-Length: {length}\r\n\r\nok"),
        .. s_codings.Select(coding => $"{Ok}Transfer-Encoding: {coding}\r\n\r\n2\r\nok\r\n{LastChunk}"),
        .. s_chunks.Select(chunk => Chunked + chunk + LastChunk),
        .. s_trailers.Select(trailer => $"{Chunked}2\r\nok\r\n0\r\n{trailer}\r\n\r\n"),
        .. s_interims.Select(interim => $"{interim}{Ok}{LengthAndBody}"),
        "HTTP/1.1 200 OK\n" + LengthAndBody,
        Ok + "Content-Length: 2\n\r\nok",
        Ok + "Content-Length: 2\r\n\nok",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n" + LastChunk,
        Chunked + "2\r\nok\r\n0\n\r\n",
        Chunked + "2\r\nok\r\n0\r\n\n",
    ];
}
