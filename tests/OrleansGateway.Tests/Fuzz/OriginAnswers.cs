using System.Text;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Answers of origins and providers that are right, to begin with; each carries the marker of its request.</summary>
internal static class OriginAnswers
{
    public static string To(ReadRequest request, string marker, Random random, bool isSteady)
    {
        if (request.Target.EndsWith("/chat/completions", StringComparison.Ordinal)) return random.Next(2) == 0 ? Stream(OpenAIEvents(marker)) : Json(OpenAI(marker));
        if (request.Target.EndsWith("/messages", StringComparison.Ordinal)) return random.Next(2) == 0 ? Stream(AnthropicEvents(marker)) : Json(Anthropic(marker));
        var echo = $"x-fuzz-echo: {marker}\r\n";
        if (request.Fields.Has("upgrade", "websocket") && request.Method == "GET")
            return $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{echo}\r\n{marker}";
        var interim = random.Next(4) == 0 ? "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" : "";
        var body = marker + new string('a', random.Next(10) == 0 ? random.Next(100_000) : random.Next(1_000));
        if (request.Method == "HEAD") return $"{interim}HTTP/1.1 200 OK\r\n{echo}Content-Length: {body.Length}\r\n\r\n";
        return interim + random.Next(8) switch
        {
            0 => $"HTTP/1.1 204 No Content\r\n{echo}\r\n",
            1 => $"HTTP/1.1 304 Not Modified\r\n{echo}ETag: \"a\"\r\n\r\n",
            2 => $"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n{echo}Content-Length: 0\r\n\r\n",
            // Not from one whose connections are to be used again: only its end says where it ends.
            3 when !isSteady => $"HTTP/1.1 200 OK\r\n{echo}Connection: close\r\n\r\n{body}",
            4 or 5 => $"HTTP/1.1 200 OK\r\n{echo}Content-Type: text/plain\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks(body, random)}0\r\nx-sum: 1\r\n\r\n",
            _ => $"HTTP/1.1 200 OK\r\n{echo}Content-Type: text/plain\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nVary: x\r\nContent-Length: {body.Length}\r\n\r\n{body}",
        };
    }

    private static string Json(string body) => $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Stream(string[] events)
    {
        var wire = new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var text in events) wire.Append(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n");
        return wire.Append("0\r\n\r\n").ToString();
    }

    private static string Chunks(string body, Random random)
    {
        var wire = new StringBuilder();
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, random.Next(1, 20_000));
            wire.Append(CultureInfo.InvariantCulture, $"{length:x}\r\n").Append(body, at, length).Append("\r\n");
            at += length;
        }

        return wire.ToString();
    }

    private static string OpenAI(string marker) =>
        $$$"""{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{marker}}}","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""";

    private static string[] OpenAIEvents(string marker) =>
    [
        $$$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n",
        $$$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"{{{marker}}}"},"finish_reason":null}]}""" + "\n\n",
        ": comment\n\n",
        $$$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}""" + "\n\n",
        """data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n",
        """data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""" + "\n\n",
        "data: [DONE]\n\n",
    ];

    private static string Anthropic(string marker) =>
        $$$"""{"id":"m1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{marker}}}"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4}}""";

    private static string[] AnthropicEvents(string marker) =>
    [
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}


        """,
        """
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}


        """,
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        $$$"""
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{marker}}}"}}


        """,
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        """
        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}}


        """,
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
}
