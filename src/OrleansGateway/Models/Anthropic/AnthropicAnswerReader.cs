using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>
/// Reads a Messages answer, whole or as events. Blocks of server tools (web search, code execution …) have no counterpart elsewhere and are passed
/// over; the text around them is not.
/// </summary>
internal sealed class AnthropicAnswerReader : IAnswerReader
{
    private TokenUsage _usage;
    private int _calls;
    private bool _textSeen;

    /// <summary>The open block, if it is a tool call: its index among the calls, and whether it has had any arguments.</summary>
    private (int Index, bool HasArguments)? _call;

    public void ReadWhole(JsonElement body, List<ChatEvent> events)
    {
        if (body.Text("type") == "error")
        {
            events.Add(ReadError(body));
            return;
        }

        // No answer of this API: without an end, whoever asked sees that nothing whole came.
        if (body.Member("content")?.ValueKind != JsonValueKind.Array) return;
        ReadStart(body, events);
        foreach (var block in body.Items("content"))
        {
            StartBlock(block, events);
            if (block.Text("type") == "thinking" && block.Text("signature") is { Length: > 0 } signature) events.Add(new ChatEvent.ReasoningSignature(signature));
            EndBlock(events);
        }

        ReadStop(body, events);
        events.Add(new ChatEvent.Usage(_usage));
        events.Add(new ChatEvent.End());
    }

    public void ReadEvent(in SseEvent sse, List<ChatEvent> events)
    {
        if (!sse.HasData)
        {
            events.Add(new ChatEvent.Ping());
            return;
        }

        var reader = new Utf8JsonReader(sse.Data);
        using var json = JsonDocument.ParseValue(ref reader);
        Read(json.RootElement, events);
    }

    private void Read(JsonElement body, List<ChatEvent> events)
    {
        switch (body.Text("type"))
        {
            case "message_start" when body.Member("message") is { } message:
                ReadStart(message, events);
                break;
            case "content_block_start" when body.Member("content_block") is { } block:
                StartBlock(block, events);
                break;
            case "content_block_delta" when body.Member("delta") is { } delta:
                ReadDelta(delta, events);
                break;
            case "content_block_stop":
                EndBlock(events);
                break;
            case "message_delta":
                ReadMessageDelta(body, events);
                break;
            case "message_stop":
                events.Add(new ChatEvent.Usage(_usage));
                events.Add(new ChatEvent.End());
                break;
            case "error":
                events.Add(ReadError(body));
                break;
            default:
                events.Add(new ChatEvent.Ping());
                break;
        }
    }

    private void ReadStart(JsonElement message, List<ChatEvent> events)
    {
        if (message.Member("usage") is { } usage) _usage = AnthropicUsage.Read(usage, _usage);
        events.Add(new ChatEvent.Start(message.Text("id") ?? "", message.Text("model") ?? "", null, _usage));
    }

    private void StartBlock(JsonElement block, List<ChatEvent> events)
    {
        switch (block.Text("type"))
        {
            case "text":
                if (_textSeen) events.Add(new ChatEvent.TextBreak());
                _textSeen = true;
                if (block.Text("text") is { Length: > 0 } text) events.Add(new ChatEvent.Text(text));
                break;
            case "thinking" when block.Text("thinking") is { Length: > 0 } thinking:
                events.Add(new ChatEvent.Reasoning(thinking));
                break;
            case "redacted_thinking":
                events.Add(new ChatEvent.RedactedReasoning(block.Text("data") ?? ""));
                break;
            case "tool_use":
                StartCall(block, events);
                break;
        }
    }

    /// <summary>A whole call has its arguments in <c>input</c>; a streamed one has an empty object there, and the arguments follow.</summary>
    private void StartCall(JsonElement block, List<ChatEvent> events)
    {
        events.Add(new ChatEvent.ToolCallStart(_calls, block.Text("id") ?? "", block.Text("name") ?? ""));
        var whole = block.Member("input") is { ValueKind: JsonValueKind.Object } input && input.EnumerateObject().Any() ? input.GetRawText() : null;
        if (whole is not null) events.Add(new ChatEvent.ToolCallArguments(_calls, whole));
        _call = (_calls++, whole is not null);
    }

    private void EndBlock(List<ChatEvent> events)
    {
        if (_call is not { } call) return;
        _call = null;
        if (!call.HasArguments) events.Add(new ChatEvent.ToolCallArguments(call.Index, "{}"));
        events.Add(new ChatEvent.ToolCallEnd(call.Index));
    }

    private void ReadDelta(JsonElement delta, List<ChatEvent> events)
    {
        switch (delta.Text("type"))
        {
            case "text_delta" when delta.Text("text") is { Length: > 0 } text:
                events.Add(new ChatEvent.Text(text));
                break;
            case "thinking_delta" when delta.Text("thinking") is { Length: > 0 } thinking:
                events.Add(new ChatEvent.Reasoning(thinking));
                break;
            case "signature_delta" when delta.Text("signature") is { Length: > 0 } signature:
                events.Add(new ChatEvent.ReasoningSignature(signature));
                break;
            case "input_json_delta" when _call is { } call && delta.Text("partial_json") is { Length: > 0 } fragment:
                _call = call with { HasArguments = true };
                events.Add(new ChatEvent.ToolCallArguments(call.Index, fragment));
                break;
        }
    }

    private void ReadMessageDelta(JsonElement body, List<ChatEvent> events)
    {
        if (body.Member("usage") is { } usage) _usage = AnthropicUsage.Read(usage, _usage);
        if (body.Member("delta") is { } delta) ReadStop(delta, events);
    }

    private static void ReadStop(JsonElement json, List<ChatEvent> events)
    {
        if (json.Text("stop_reason") is { } reason) events.Add(new ChatEvent.Stop(AnthropicStopReason.Read(reason), json.Text("stop_sequence")));
    }

    private static ChatEvent.Error ReadError(JsonElement body)
    {
        var error = body.Member("error") ?? default;
        return new ChatEvent.Error(error.Text("type") ?? "api_error", error.Text("message") ?? "The provider failed.");
    }
}
