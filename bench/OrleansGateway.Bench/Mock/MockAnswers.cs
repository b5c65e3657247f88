using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansGateway.Bench.Mock;

/// <summary>The bytes that the mock sends, made once.</summary>
internal static class MockAnswers
{
    private const string Chunk = """{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"bench","choices":""";

    private static readonly int NumberAt = EventText(1).IndexOf("0000000/", StringComparison.Ordinal);

    /// <summary>An answer with 1 KB of body, usage included.</summary>
    public static readonly byte[] Whole = WholeText();

    public static readonly byte[] StreamHead = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\nx-request-id: req_mock\r\n\r\n");

    public static readonly byte[] StreamEnd = Encoding.ASCII.GetBytes(
        Framed($$"""data: {{Chunk}}[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n")
        + Framed($$$"""data: {{{Chunk}}}[],"usage":{"prompt_tokens":200,"completion_tokens":100,"total_tokens":300}}""" + "\n\n")
        + Framed("data: [DONE]\n\n") + "0\r\n\r\n");

    /// <summary>An answer with so many bytes of body, that a shared cache may keep for a day.</summary>
    public static byte[] Cacheable(int bytes)
    {
        var body = $"\"{Words.OfLength(bytes - 2)}\"";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nDate: {DateTime.UtcNow:R}\r\nContent-Type: application/json\r\nCache-Control: public, max-age=86400\r\nETag: \"{bytes}\"\r\nContent-Length: {bytes}\r\n\r\n{body}");
    }

    /// <summary>An event as a chunk of its own, to be stamped before each sending.</summary>
    public static byte[] NewEvent(int events) => Encoding.ASCII.GetBytes(EventText(events));

    /// <summary>Writes the event's number and the time of its sending into it: the monotonic clock, which all programs on a machine share.</summary>
    public static void Stamp(Span<byte> chunk, int number)
    {
        Utf8Formatter.TryFormat(number, chunk[NumberAt..], out _, new('D', 7));
        Utf8Formatter.TryFormat(Stopwatch.GetTimestamp(), chunk[(NumberAt + 16)..], out _, new('D', 19));
    }

    // The content reads "number/events sent", each of a fixed width.
    private static string EventText(int events) => Framed(
        $$"""data: {{Chunk}}[{"index":0,"delta":{"content":"0000000/{{events:D7}} 0000000000000000000"},"logprobs":null,"finish_reason":null}]}""" + "\n\n");

    private static string Framed(string data) => data.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n" + data + "\r\n";

    private static byte[] WholeText()
    {
        var body = $$$"""
            {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Words.OfLength(550)}}}","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":100,"total_tokens":300,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_b376dfbbd5"}
            """;
        return Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nx-request-id: req_mock\r\n\r\n{body}");
    }
}
