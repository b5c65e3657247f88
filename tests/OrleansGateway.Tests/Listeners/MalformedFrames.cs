using System.Text;
using static OrleansGateway.Tests.Listeners.Http2Connection;

namespace OrleansGateway.Tests.Listeners;

/// <summary>
/// Wrong and unusual frames on stream 1 of an HTTP/2 connection, and what becomes of it. After a reset or an answer, the connection must go on to serve stream
/// 100001; after <c>goaway</c> it must be closed.
/// </summary>
internal static class MalformedFrames
{
    private const string Stream = "reset PROTOCOL_ERROR";
    private const string Connection = "goaway PROTOCOL_ERROR";
    private const string Size = "goaway FRAME_SIZE_ERROR";
    private const string Flow = "goaway FLOW_CONTROL_ERROR";
    private const string Calm = "goaway ENHANCE_YOUR_CALM";
    private const string Compression = "goaway COMPRESSION_ERROR";
    private const int Many = 10_000;

    public static readonly IReadOnlyList<(string Name, byte[] Bytes, string Outcome)> All = [.. Requests, .. Bodies, .. Frames, .. Floods];

    private static IEnumerable<(string, byte[], string)> Requests =>
    [
        ("a request as it should be", Get(1, Good), "200"),
        ("no :method", Get(1, Without(":method")), Connection),
        ("no :scheme", Get(1, Without(":scheme")), Connection),
        ("no :path", Get(1, Without(":path")), Connection),
        ("no :authority and no host", Get(1, Without(":authority")), "400"),
        ("a host in place of :authority", Get(1, [.. Without(":authority"), ("host", "a")]), "200"),
        ("a host other than :authority", Get(1, [.. Good, ("host", "b")]), "200"),
        ("two :method", Get(1, [(":method", "GET"), .. Good]), Connection),
        ("two :path", Get(1, [(":path", "/"), .. Good]), Connection),
        ("two :scheme", Get(1, [(":scheme", "http"), .. Good]), Connection),
        ("two :authority", Get(1, [(":authority", "a"), .. Good]), Connection),
        ("a pseudo-header that is not known", Get(1, [(":unknown", "a"), .. Good]), Connection),
        ("a pseudo-header of answers", Get(1, [(":status", "200"), .. Good]), Connection),
        ("a pseudo-header after a field", Get(1, [.. Without(":path"), (":path", "/v1/models")]), Connection),
        ("a field in capitals", Get(1, [.. Good, ("X-A", "b")]), Connection),
        ("a field with a line break in its value", Get(1, [.. Good, ("x-a", "b\r\nc: d")]), Connection),
        ("a field with a line feed in its value", Get(1, [.. Good, ("x-a", "b\nc")]), Connection),
        ("a field with a null in its value", Get(1, [.. Good, ("x-a", "b\0c")]), Connection),
        ("a field without a name", Get(1, [.. Good, ("", "b")]), Connection),
        ("a connection field", Get(1, [.. Good, ("connection", "keep-alive")]), Connection),
        ("a transfer-encoding", Get(1, [.. Good, ("transfer-encoding", "chunked")]), Connection),
        ("a keep-alive", Get(1, [.. Good, ("keep-alive", "5")]), Connection),
        ("a proxy-connection", Get(1, [.. Good, ("proxy-connection", "keep-alive")]), Connection),
        ("an upgrade", Get(1, [.. Good, ("upgrade", "websocket")]), Connection),
        ("te: trailers", Get(1, [.. Good, ("te", "trailers")]), "200"),
        ("te: gzip", Get(1, [.. Good, ("te", "gzip")]), Connection),
        ("a :path without its slash", Get(1, With(":path", "v1/models")), Stream),
        ("an empty :path", Get(1, With(":path", "")), Stream),
        ("a :path with a space", Get(1, With(":path", "/v1/ models")), Stream),
        ("a :path with a line break", Get(1, With(":path", "/v1\r\nx")), Connection),
        ("a :method with a line break", Get(1, With(":method", "GET /x HTTP/1.1\r\nHost: b")), Connection),
        ("a :method with a space", Get(1, With(":method", "GET x")), Stream),
        ("an :authority with a user", Get(1, With(":authority", "u@a")), Stream),
        ("an :authority with a slash", Get(1, With(":authority", "a/b")), Stream),
        ("two content-lengths that differ", Post([("content-length", "3"), ("content-length", "4")], "abc"), Connection),
        ("a content-length that is none", Post([("content-length", "+3")], "abc"), Connection),
        ("a value above ASCII", Get(1, [.. Good, ("x-a", "\xe4")]), "200"),
    ];

    private static IEnumerable<(string, byte[], string)> Bodies =>
    [
        ("a body shorter than its content-length", Post([("content-length", "5")], "abc"), Stream),
        ("a body longer than its content-length", Post([("content-length", "2")], "abc"), Stream),
        ("a pseudo-header in the trailer", [.. Post([], null), .. Frame(Headers, EndStream | EndHeaders, 1, Fields((":path", "/")))], Connection),
        ("a trailer that does not end the stream", [.. Post([], null), .. Frame(Headers, EndHeaders, 1, Fields(("x-a", "b")))], Connection),
        ("data after the end of the stream", [.. Post([], "abc"), .. Frame(Data, 0, 1, [1])], "goaway STREAM_CLOSED"),
        ("padding longer than its frame", [.. Post([], null), .. Frame(Data, EndStream | 8, 1, [9, 1])], Connection),
    ];

    private static IEnumerable<(string, byte[], string)> Frames =>
    [
        ("a header on stream 0", Frame(Headers, EndStream | EndHeaders, 0, Fields(Good)), Connection),
        ("a header on a stream of the server's", Frame(Headers, EndStream | EndHeaders, 2, Fields(Good)), Connection),
        ("data on stream 0", Frame(Data, EndStream, 0, [1]), Connection),
        ("data on a stream that is not open", Frame(Data, EndStream, 1, [1]), "goaway STREAM_CLOSED"),
        ("a frame that is too large", Frame(Data, 0, 1, new byte[(1 << 14) + 1]), Size),
        ("a frame that says it is 16 MiB", Frame(Headers, EndHeaders, 1, [], 0xffffff), Size),
        ("a push", Frame(Push, EndHeaders, 1, [0, 0, 0, 2]), Connection),
        ("a continuation of nothing", Frame(Continuation, EndHeaders, 1, Fields(Good)), Connection),
        ("another frame between a header and its continuation", [.. Frame(Headers, EndStream, 1, Fields(Good)), .. Frame(Ping, 0, 0, new byte[8])], Connection),
        ("a continuation of another stream's", [.. Frame(Headers, EndStream, 1, Fields(Good)), .. Frame(Continuation, EndHeaders, 3, [])], Connection),
        ("a header in two frames", [.. Frame(Headers, EndStream, 1, Fields(Good)[..10]), .. Frame(Continuation, EndHeaders, 1, Fields(Good)[10..])], "200"),
        ("a frame of a type that is not known", [.. Frame(0x42, 0xff, 1, [1, 2, 3]), .. Get(1, Good)], "200"),
        ("a reset of a stream that is not open", Frame(Reset, 0, 1, [0, 0, 0, 8]), Connection),
        ("a reset that is too short", [.. Get(1, Good), .. Frame(Reset, 0, 1, [0, 0, 0])], Size),
        ("settings on a stream", Frame(Settings, 0, 1, []), Connection),
        ("settings cut off", Frame(Settings, 0, 0, [0, 1, 0]), Size),
        ("an acknowledgement with settings", Frame(Settings, Ack, 0, new byte[6]), Size),
        ("settings with a window too large", Frame(Settings, 0, 0, [0, 4, 0x80, 0, 0, 0]), Flow),
        ("settings with a frame size too small", Frame(Settings, 0, 0, [0, 5, 0, 0, 0, 1]), Connection),
        ("settings with a push of 2", Frame(Settings, 0, 0, [0, 2, 0, 0, 0, 2]), Connection),
        ("a ping that is too long", Frame(Ping, 0, 0, new byte[9]), Size),
        ("a ping on a stream", Frame(Ping, 0, 1, new byte[8]), Connection),
        ("a window update of 0", Frame(WindowUpdate, 0, 0, new byte[4]), Connection),
        ("a window that overflows", Frame(WindowUpdate, 0, 0, [0x7f, 0xff, 0xff, 0xff]), Flow),
        ("a stream that depends on itself", Frame(Priority, 0, 1, [0, 0, 0, 1, 16]), Connection),
        ("a stream id that goes back", [.. Get(5, Good), .. Get(1, Good)], "goaway STREAM_CLOSED"),
        ("an index that is not in the table", Frame(Headers, EndStream | EndHeaders, 1, [0xff, 0x7f]), Compression),
        ("an index of 0", Frame(Headers, EndStream | EndHeaders, 1, [0x80]), Compression),
        ("a table larger than allowed", Frame(Headers, EndStream | EndHeaders, 1, [0x3f, 0xe1, 0xff, 0x03, .. Fields(Good)]), Compression),
        ("a name that says it is 2 GiB", Frame(Headers, EndStream | EndHeaders, 1, [0, 0x7f, 0x80, 0xff, 0xff, 0xff, 0x07]), Compression),
    ];

    private static IEnumerable<(string, byte[], string)> Floods =>
    [
        ("a header larger than allowed", LargeHeader(40_000), Connection),
        ("continuations without end", [.. Frame(Headers, EndStream, 1, Fields(Good)), .. Repeat(Frame(Continuation, 0, 1, Fields(("x-a", new string('a', 1_000)))), 200)], Connection),
        ("empty continuations without end, until the connection's end", [.. Frame(Headers, EndStream, 1, Fields(Good)), .. Repeat(Frame(Continuation, 0, 1, []), 1_000), .. Frame(Continuation, EndHeaders, 1, [])], "200"),
        ("too many fields", Get(1, [.. Good, .. Enumerable.Range(0, 101).Select(i => ($"x-{i}", "a"))]), Connection),
        ("streams opened and reset at once", [.. Enumerable.Range(0, 2_000).SelectMany(i => (byte[])[.. Get((i * 2) + 1, Good), .. Frame(Reset, 0, (i * 2) + 1, [0, 0, 0, 8])])], Calm),
        ("a window of 0, and requests that wait for it", [.. Frame(Settings, 0, 0, [0, 4, 0, 0, 0, 0]), .. Get(1, Good)], "200"),
        ("settings without end", [.. Repeat(Frame(Settings, 0, 0, []), Many), .. Get(1, Good)], Calm),
        ("pings without end", [.. Repeat(Frame(Ping, 0, 0, new byte[8]), Many), .. Get(1, Good)], Calm),
    ];

    private static (string Name, string Value)[] Without(string name) => [.. Good.Where(f => f.Name != name)];

    private static (string Name, string Value)[] With(string name, string value) => [.. Good.Select(f => f.Name == name ? (name, value) : f)];

    private static byte[] Post((string Name, string Value)[] fields, string? body)
    {
        var header = Frame(Headers, EndHeaders, 1, Fields([.. With(":method", "POST").Select(f => f.Name == ":path" ? (":path", "/v1/chat/completions") : f), .. fields]));
        return body is null ? header : [.. header, .. Frame(Data, EndStream, 1, Encoding.ASCII.GetBytes(body))];
    }

    private static byte[] LargeHeader(int bytes)
    {
        var block = Fields([.. Good, ("x-a", new string('a', bytes))]);
        var pieces = block.Chunk(16_000).ToList();
        return [.. pieces.SelectMany((p, i) => Frame(i == 0 ? Headers : Continuation, (byte)((i == 0 ? EndStream : 0) | (i == pieces.Count - 1 ? EndHeaders : 0)), 1, p))];
    }

    private static byte[] Repeat(byte[] frame, int count) => [.. Enumerable.Repeat(frame, count).SelectMany(f => f)];
}
