using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>
/// Requests that are wrong, or right in an unusual way, as bytes. Behind each follows a good request that ends the connection; what is answered in all says whether
/// the first was refused and the connection closed (its status alone), or read as the RFCs say (its status, then 200). Any other list is a desynchronised connection.
/// </summary>
internal static class MalformedRequests
{
    private const string Key = $"Authorization: Bearer {GatewayUnderTest.Key}\r\n";
    private const string Host = "Host: a\r\n";
    private const string Get = "GET /v1/models HTTP/1.1\r\n" + Host + Key;
    private const string Post = "POST /v1/chat/completions HTTP/1.1\r\n" + Host + Key + "Content-Type: application/json\r\n";
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\n" + Host + "\r\n";

    private static readonly int[] Refused = [400];
    private static readonly int[] Served = [200, 200];

    public static readonly IReadOnlyList<(string Name, string Bytes, int[] Statuses)> All =
    [
        .. Lengths, .. Codings, .. Chunks, .. Lines, .. Fields, .. Hosts, .. Targets, .. Sizes, .. Pipelines,
    ];

    private static string Length => Body.Length.ToString(CultureInfo.InvariantCulture);

    private static string Chunked(string chunks) => $"{Post}Transfer-Encoding: chunked\r\n\r\n{chunks}";

    private static string Whole => $"{Body.Length:x}\r\n{Body}\r\n";

    private static IEnumerable<(string, string, int[])> Lengths =>
    [
        ("a length, as it should be", $"{Post}Content-Length: {Length}\r\n\r\n{Body}", Served),
        ("two lengths that differ", $"{Post}Content-Length: {Length}\r\nContent-Length: 3\r\n\r\n{Body}", Refused),
        ("two lengths that are the same", $"{Post}Content-Length: {Length}\r\nContent-Length: {Length}\r\n\r\n{Body}", Refused),
        ("a list of lengths that differ", $"{Post}Content-Length: {Length}, 3\r\n\r\n{Body}", Refused),
        ("a list of lengths that are the same", $"{Post}Content-Length: {Length}, {Length}\r\n\r\n{Body}", Refused),
        ("a length after a form feed", $"{Post}Content-Length: \f{Length}\r\n\r\n{Body}", Refused),
        ("a length with a minus and a zero", $"{Post}Content-Length: -0\r\n\r\n{Body}", Refused),
        ("a negative length", $"{Post}Content-Length: -1\r\n\r\n{Body}", Refused),
        ("a length with a plus", $"{Post}Content-Length: +{Length}\r\n\r\n{Body}", Refused),
        ("a length in hexadecimal", $"{Post}Content-Length: 0x10\r\n\r\n{Body}", Refused),
        ("a length with a fraction", $"{Post}Content-Length: 3.0\r\n\r\n{Body}", Refused),
        ("a length with an exponent", $"{Post}Content-Length: 1e2\r\n\r\n{Body}", Refused),
        ("an empty length", $"{Post}Content-Length:\r\n\r\n{Body}", Refused),
        ("a length with a space inside", $"{Post}Content-Length: 1 0\r\n\r\n{Body}", Refused),
        ("a length that overflows", $"{Post}Content-Length: 99999999999999999999\r\n\r\n{Body}", Refused),
        ("a length that overflows to a small one", $"{Post}Content-Length: 18446744073709551620\r\n\r\n{Body}", Refused),
        ("a length of words", $"{Post}Content-Length: ten\r\n\r\n{Body}", Refused),
        ("a length in full-width digits", $"{Post}Content-Length: \xef\xbc\x93\r\n\r\n{Body}", Refused),
        ("a length after a vertical tab", $"{Post}Content-Length: \v3\r\n\r\n{Body}", Refused),
        ("a length with a comma behind", $"{Post}Content-Length: {Length},\r\n\r\n{Body}", Refused),
        ("a length with zeros before", $"{Post}Content-Length: 000{Length}\r\n\r\n{Body}", Served),
        ("a body without a length", $"{Post}\r\n", [400, 200]),
        ("a length larger than allowed", $"{Post}Content-Length: 99999999\r\n\r\n", [413]),
    ];

    private static IEnumerable<(string, string, int[])> Codings =>
    [
        ("chunks, as they should be", Chunked($"{Whole}0\r\n\r\n"), Served),
        ("chunks and a length", $"{Post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{Whole}0\r\n\r\n", [200]),
        ("a length and chunks with a request smuggled behind", $"{Post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n{Smuggled}", [400]),
        ("a coding that is not known", $"{Post}Transfer-Encoding: gzip\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunked not last", $"{Post}Transfer-Encoding: chunked, gzip\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("identity", $"{Post}Transfer-Encoding: identity\r\nContent-Length: {Length}\r\n\r\n{Body}", Refused),
        ("chunked in capitals", $"{Post}Transfer-Encoding: CHUNKED\r\n\r\n{Whole}0\r\n\r\n", Served),
        ("chunked misspelt", $"{Post}Transfer-Encoding: xchunked\r\nContent-Length: {Length}\r\n\r\n{Body}", Refused),
        ("chunked in quotes", $"{Post}Transfer-Encoding: \"chunked\"\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunked after a vertical tab", $"{Post}Transfer-Encoding: \vchunked\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunked after a tab", $"{Post}Transfer-Encoding:\tchunked\r\n\r\n{Whole}0\r\n\r\n", Served),
        ("chunked before a null", $"{Post}Transfer-Encoding: chunked\0\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunked, on a line after another coding", $"{Post}Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n{Whole}0\r\n\r\n", [501]),
        ("chunked on two lines", $"{Post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{Whole}0\r\n\r\n", [501]),
        ("chunked, and another coding on the next line", $"{Post}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("a coding that is empty, and a length", $"{Post}Transfer-Encoding:\r\nContent-Length: {Length}\r\n\r\n{Body}", Refused),
        ("chunked with a space before the colon", $"{Post}Transfer-Encoding : chunked\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunks in HTTP/1.0", $"{Post.Replace("1.1", "1.0", StringComparison.Ordinal)}Transfer-Encoding: chunked\r\n\r\n{Whole}0\r\n\r\n", Refused),
        ("chunked twice", $"{Post}Transfer-Encoding: chunked, chunked\r\n\r\n{Whole}0\r\n\r\n", [501]),
    ];

    private static IEnumerable<(string, string, int[])> Chunks =>
    [
        ("a chunk's size in capitals and zeros", Chunked($"000{Body.Length:X}\r\n{Body}\r\n0\r\n\r\n"), Served),
        ("a chunk's size that is none", Chunked($"zz\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size that is empty", Chunked($"\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size with 0x", Chunked($"0x{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size below zero", Chunked($"-1\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size with a plus", Chunked($"+{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size with a space before", Chunked($" {Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size that overflows 32 bits", Chunked($"100000000\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk's size that overflows 64 bits", Chunked($"1000000000000000{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk longer than its size", Chunked($"3\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a chunk without the line break behind", Chunked($"{Body.Length:x}\r\n{Body}0\r\n\r\n"), Refused),
        ("a chunk with a bare line feed behind", Chunked($"{Body.Length:x}\r\n{Body}\n0\r\n\r\n"), Refused),
        ("a size that ends in a bare line feed", Chunked($"{Body.Length:x}\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a size that ends in a bare carriage return", Chunked($"{Body.Length:x}\r{Body}\r\n0\r\n\r\n"), Refused),
        ("an extension", Chunked($"{Body.Length:x};a=b\r\n{Body}\r\n0\r\n\r\n"), Served),
        ("an extension with a bare line feed inside", Chunked($"{Body.Length:x};a\n{Body}\r\n0\r\n\r\n"), Refused),
        ("an extension with a bare carriage return inside", Chunked($"{Body.Length:x};a\rb\r\n{Body}\r\n0\r\n\r\n"), Refused),
        ("a trailer", Chunked($"{Whole}0\r\nX-Trailer: a\r\n\r\n"), Served),
        ("a trailer with a space before the colon", Chunked($"{Whole}0\r\nX-Trailer : a\r\n\r\n"), Refused),
        ("a trailer that is folded", Chunked($"{Whole}0\r\nX-Trailer: a\r\n b\r\n\r\n"), Refused),
        ("a trailer that would be a length", Chunked($"{Whole}0\r\nContent-Length: 5\r\n\r\n"), Served),
        ("trailers without end", Chunked($"{Whole}0\r\n{string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: a\r\n"))}\r\n"), [431]),
    ];

    private static IEnumerable<(string, string, int[])> Lines =>
    [
        ("a line break before the request line", "\r\n" + Get + "\r\n", Served),
        ("a version that is not known", Get.Replace("HTTP/1.1", "HTTP/1.2", StringComparison.Ordinal) + "\r\n", [505]),
        ("a version 0.9", "GET /v1/models\r\n\r\n", [505]),
        ("a version 2.0", Get.Replace("HTTP/1.1", "HTTP/2.0", StringComparison.Ordinal) + "\r\n", [505]),
        ("a version in small letters", Get.Replace("HTTP/1.1", "http/1.1", StringComparison.Ordinal) + "\r\n", [505]),
        ("a version of one digit", Get.Replace("HTTP/1.1", "HTTP/1", StringComparison.Ordinal) + "\r\n", Refused),
        ("a version with more behind", Get.Replace("HTTP/1.1", "HTTP/1.1 x", StringComparison.Ordinal) + "\r\n", Refused),
        ("a version of two digits", Get.Replace("HTTP/1.1", "HTTP/1.10", StringComparison.Ordinal) + "\r\n", Refused),
        ("no version", Get.Replace(" HTTP/1.1", " ", StringComparison.Ordinal) + "\r\n", Refused),
        ("a tab in the request line", Get.Replace("GET ", "GET\t", StringComparison.Ordinal) + "\r\n", Refused),
        ("two spaces in the request line", Get.Replace("GET ", "GET  ", StringComparison.Ordinal) + "\r\n", Refused),
        ("a space before the method", " " + Get + "\r\n", Refused),
        ("a method with a bracket", Get.Replace("GET ", "G(ET ", StringComparison.Ordinal) + "\r\n", Refused),
        ("a method with a null", Get.Replace("GET ", "G\0ET ", StringComparison.Ordinal) + "\r\n", Refused),
        ("a method above ASCII", Get.Replace("GET ", "G\xc9T ", StringComparison.Ordinal) + "\r\n", Refused),
        ("no method", Get.Replace("GET ", " ", StringComparison.Ordinal) + "\r\n", Refused),
        ("a null in the path", Get.Replace("/v1/models", "/v1/mo\0dels", StringComparison.Ordinal) + "\r\n", Refused),
        ("an encoded null in the path", Get.Replace("/v1/models", "/v1/mo%00dels", StringComparison.Ordinal) + "\r\n", Refused),
        ("a path above ASCII", Get.Replace("/v1/models", "/v1/mod\xe9ls", StringComparison.Ordinal) + "\r\n", Refused),
        ("a path without its slash", Get.Replace("/v1/models", "v1/models", StringComparison.Ordinal) + "\r\n", Refused),
        ("a bare line feed after the request line", Get.Replace("HTTP/1.1\r\n", "HTTP/1.1\n", StringComparison.Ordinal) + "\r\n", Served),
        ("a bare carriage return after the request line", Get.Replace("HTTP/1.1\r\n", "HTTP/1.1\r", StringComparison.Ordinal) + "\r\n", Refused),
        ("a TLS handshake", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", Refused),
        ("a beginning of the preface of HTTP/2 and then not", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", [RawAnswer.NotHttp1]),
        ("a wrong method in the preface", "PRY * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
    ];

    private static IEnumerable<(string, string, int[])> Fields =>
    [
        ("a field with a space before the colon", Get + "X-A : b\r\n\r\n", Refused),
        ("a field with a tab before the colon", Get + "X-A\t: b\r\n\r\n", Refused),
        ("a field without a colon", Get + "X-A\r\n\r\n", Refused),
        ("a field without a name", Get + ": b\r\n\r\n", Refused),
        ("a field with a space in its name", Get + "X A: b\r\n\r\n", Refused),
        ("a field with a bracket in its name", Get + "X(A): b\r\n\r\n", Served),
        ("a field with a null in its name", Get + "X\0A: b\r\n\r\n", Refused),
        ("a field with a name above ASCII", Get + "X-\xc4: b\r\n\r\n", Refused),
        ("a field with a null in its value", Get + "X-A: b\0c\r\n\r\n", Refused),
        ("a field with a bare carriage return in its value", Get + "X-A: b\rc\r\n\r\n", Refused),
        ("a field that ends in a bare line feed", Get + "X-A: b\n\r\n", Served),
        ("a field with a value above ASCII", Get + "X-A: \xe4\r\n\r\n", Served),
        ("a field without a value", Get + "X-A:\r\n\r\n", Served),
        ("a field that is folded", Get + "X-A: b\r\n c\r\n\r\n", Refused),
        ("a field that is folded by a tab", Get + "X-A: b\r\n\tc\r\n\r\n", Refused),
        ("a space before the first field", "GET /v1/models HTTP/1.1\r\n " + Host + Key + "\r\n", Refused),
        ("a length in a folded field", $"{Post}X-A: b\r\n Content-Length: 3\r\n\r\n{Body}", Refused),
        ("a length hidden behind a bare carriage return", $"{Post}X-A: b\rContent-Length: 3\r\n\r\n{Body}", Refused),
        ("an expectation that cannot be met", $"{Post}Expect: 200-ok\r\nContent-Length: {Length}\r\n\r\n{Body}", Served),
        ("a connection field that names the length", $"{Post}Connection: content-length\r\nContent-Length: {Length}\r\n\r\n{Body}", Served),
        ("an upgrade to HTTP/2 in plain text", Get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n", Served),
    ];

    private static IEnumerable<(string, string, int[])> Hosts =>
    [
        ("no host", "GET /v1/models HTTP/1.1\r\n" + Key + "\r\n", Refused),
        ("no host in HTTP/1.0", "GET /v1/models HTTP/1.0\r\n" + Key + "\r\n", [200]),
        ("two hosts", Get + "Host: b\r\n\r\n", Refused),
        ("the same host twice", Get + Host + "\r\n", Refused),
        ("an empty host", Get.Replace(Host, "Host:\r\n", StringComparison.Ordinal) + "\r\n", Served),
        ("a host with a slash", Get.Replace(Host, "Host: a/b\r\n", StringComparison.Ordinal) + "\r\n", Refused),
        ("a host with a user", Get.Replace(Host, "Host: u@a\r\n", StringComparison.Ordinal) + "\r\n", Refused),
        ("a host with a space", Get.Replace(Host, "Host: a b\r\n", StringComparison.Ordinal) + "\r\n", Refused),
        ("a host with a comma", Get.Replace(Host, "Host: a,b\r\n", StringComparison.Ordinal) + "\r\n", Refused),
        ("a host with a port that is none", Get.Replace(Host, "Host: a:b\r\n", StringComparison.Ordinal) + "\r\n", Refused),
        ("a host with a port", Get.Replace(Host, "Host: a:8080\r\n", StringComparison.Ordinal) + "\r\n", Served),
        ("a host that is an IPv6 address", Get.Replace(Host, "Host: [::1]:80\r\n", StringComparison.Ordinal) + "\r\n", Served),
        ("a host with an open bracket", Get.Replace(Host, "Host: [::1\r\n", StringComparison.Ordinal) + "\r\n", Refused),
    ];

    private static IEnumerable<(string, string, int[])> Targets =>
    [
        ("an absolute target of the same host", Get.Replace(" /v1", " http://a/v1", StringComparison.Ordinal) + "\r\n", Served),
        ("an absolute target of another host", Get.Replace(" /v1", " http://b/v1", StringComparison.Ordinal) + "\r\n", Refused),
        ("an absolute target with a user", Get.Replace(" /v1", " http://u:p@a/v1", StringComparison.Ordinal) + "\r\n", Refused),
        ("a target of an authority with GET", Get.Replace("/v1/models", "a:80", StringComparison.Ordinal) + "\r\n", [405]),
        ("CONNECT with a path", Get.Replace("GET ", "CONNECT ", StringComparison.Ordinal) + "\r\n", [405, 200]),
        ("an asterisk with GET", Get.Replace("/v1/models", "*", StringComparison.Ordinal) + "\r\n", [405]),
        ("a fragment", Get.Replace("/v1/models", "/v1/models#x", StringComparison.Ordinal) + "\r\n", [400, 200]),
        ("dots that lead up", Get.Replace("/v1/models", "/v1/x/../models", StringComparison.Ordinal) + "\r\n", Served),
        ("encoded dots that lead up", Get.Replace("/v1/models", "/v1/x/%2e%2e/models", StringComparison.Ordinal) + "\r\n", Served),
        ("an encoding that is none", Get.Replace("/v1/models", "/v1/models%zz", StringComparison.Ordinal) + "\r\n", [400, 200]),
    ];

    private static IEnumerable<(string, string, int[])> Sizes =>
    [
        ("a request line that is too long", $"GET /{new string('a', 9_000)} HTTP/1.1\r\n{Host}\r\n", [414]),
        ("a method that is too long", $"{new string('A', 9_000)} / HTTP/1.1\r\n{Host}\r\n", [414]),
        ("a request line without end", $"GET /{new string('a', 20_000)}", [414]),
        ("a field that is too long", $"{Get}X-A: {new string('a', 40_000)}\r\n\r\n", [431]),
        ("a field without end", $"{Get}X-A: {new string('a', 80_000)}", [431]),
        ("fields that are too long together", $"{Get}{string.Concat(Enumerable.Range(0, 80).Select(i => $"X-{i}: {new string('a', 500)}\r\n"))}\r\n", [431]),
        ("too many fields", $"{Get}{string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: a\r\n"))}\r\n", [431]),
        ("as many fields as allowed", $"{Get}{string.Concat(Enumerable.Range(0, 98).Select(i => $"X-{i}: a\r\n"))}\r\n", Served),
    ];

    private static IEnumerable<(string, string, int[])> Pipelines =>
    [
        ("two requests at once", Get + "\r\n" + Get + "\r\n", [200, 200, 200]),
        ("a body that looks like a request", $"{Post}Content-Length: {Smuggled.Length}\r\n\r\n{Smuggled}", [400, 200]),
        ("a body with GET, which nobody reads", $"{Get}Content-Length: {Smuggled.Length}\r\n\r\n{Smuggled}", Served),
        ("chunks with GET, which nobody reads", $"{Get}Transfer-Encoding: chunked\r\n\r\n{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n", Served),
        ("a refused request with a body that looks like one", $"POST /v1/chat/completions HTTP/1.1\r\n{Host}Content-Length: {Smuggled.Length}\r\n\r\n{Smuggled}", [401, 200]),
        ("a request and then a wrong one", Get + "\r\n" + Get + "X-A : b\r\n\r\n", [200, 400]),
        ("HTTP/1.0, which ends the connection", Get.Replace("1.1", "1.0", StringComparison.Ordinal) + "\r\n", [200]),
        ("HTTP/1.0 that is to go on, with an answer whose end is the connection's", Get.Replace("1.1", "1.0", StringComparison.Ordinal) + "Connection: keep-alive\r\n\r\n", [200]),
        ("a request that ends the connection", Get + "Connection: close\r\n\r\n", [200]),
    ];
}
