using System.Buffers;
using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>
/// Writes an answer as a Messages object or as its events. In a stream, blocks come one after the other, each opened and closed; the end (stop reason
/// and usage in one <c>message_delta</c>) is held until both are known.
/// </summary>
internal sealed class AnthropicAnswerWriter : IAnswerWriter
{
    private readonly ToolCallOrder _order = new();
    private BlockKind _open;
    private int _index = -1;
    private bool _signed;
    private ChatEvent.Stop? _stop;
    private TokenUsage _usage;

    private enum BlockKind
    {
        None,
        Text,
        Thinking,
        ToolCall,
    }

    public void WriteEvent(ChatEvent step, IBufferWriter<byte> output)
    {
        switch (step)
        {
            case ChatEvent.Start start:
                _usage = start.Tokens;
                WriteStart(start, output);
                break;
            case ChatEvent.Ping:
                output.Write("event: ping\ndata: {\"type\": \"ping\"}\n\n"u8);
                break;
            case ChatEvent.Stop stop:
                _stop = stop;
                break;
            case ChatEvent.Usage usage:
                _usage = usage.Tokens;
                break;
            case ChatEvent.End:
                foreach (var late in _order.Finish()) WriteContent(late, output);
                WriteEnd(output);
                break;
            default:
                foreach (var next in _order.Take(step)) WriteContent(next, output);
                break;
        }
    }

    public void WriteWhole(IReadOnlyList<ChatEvent> events, IBufferWriter<byte> output)
    {
        var start = events.OfType<ChatEvent.Start>().First();
        using var json = new Utf8JsonWriter(output, Sse.JsonOptions);
        json.WriteStartObject();
        WriteHead(start, json);
        AnthropicContent.Write(events, json);
        WriteStop(events.OfType<ChatEvent.Stop>().LastOrDefault() ?? new ChatEvent.Stop(StopReason.EndTurn), Refused(events), json);
        AnthropicUsage.Write(events.OfType<ChatEvent.Usage>().LastOrDefault()?.Tokens ?? start.Tokens, json);
        json.WriteEndObject();
    }

    private static bool Refused(IReadOnlyList<ChatEvent> events) => events.Any(e => e is ChatEvent.Refused);

    private void WriteContent(ChatEvent step, IBufferWriter<byte> output)
    {
        switch (step)
        {
            case ChatEvent.Text text:
                WriteText(text.Value, output);
                break;
            case ChatEvent.Refused refused:
                _refused = true;
                WriteText(refused.Value, output);
                break;
            case ChatEvent.TextBreak:
                if (_open == BlockKind.Text) Close(output);
                break;
            case ChatEvent.Reasoning reasoning:
                Open(BlockKind.Thinking, output);
                WriteDelta(output, "thinking_delta", "thinking", reasoning.Value);
                break;
            case ChatEvent.ReasoningSignature signature:
                Open(BlockKind.Thinking, output);
                WriteDelta(output, "signature_delta", "signature", signature.Value);
                _signed = true;
                break;
            case ChatEvent.RedactedReasoning redacted:
                Close(output);
                WriteBlockStart(output, redacted.Data, static (json, data) => { json.WriteString("type", "redacted_thinking"); json.WriteString("data", data); });
                WriteBlockStop(output);
                break;
            case ChatEvent.ToolCallStart call:
                Close(output);
                _open = BlockKind.ToolCall;
                WriteBlockStart(output, call, WriteCallStart);
                break;
            case ChatEvent.ToolCallArguments arguments:
                WriteDelta(output, "input_json_delta", "partial_json", arguments.Fragment);
                break;
            case ChatEvent.ToolCallEnd:
                Close(output);
                break;
        }
    }

    private bool _refused;

    private void WriteText(string text, IBufferWriter<byte> output)
    {
        Open(BlockKind.Text, output);
        WriteDelta(output, "text_delta", "text", text);
    }

    private static void WriteCallStart(Utf8JsonWriter json, ChatEvent.ToolCallStart call)
    {
        json.WriteString("type", "tool_use");
        json.WriteString("id", call.Id);
        json.WriteString("name", call.Name);
        json.WriteStartObject("input");
        json.WriteEndObject();
        AnthropicContent.WriteCaller(json);
    }

    private void Open(BlockKind kind, IBufferWriter<byte> output)
    {
        // A signature ends a thought: what is thought after it is another block.
        if (_open == kind && !(kind == BlockKind.Thinking && _signed)) return;
        Close(output);
        _open = kind;
        _signed = false;
        WriteBlockStart(output, kind, static (json, kind) =>
        {
            json.WriteString("type", kind == BlockKind.Text ? "text" : "thinking");
            json.WriteString(kind == BlockKind.Text ? "text" : "thinking", "");
            if (kind == BlockKind.Thinking) json.WriteString("signature", "");
        });
    }

    private void Close(IBufferWriter<byte> output)
    {
        if (_open == BlockKind.None) return;
        _open = BlockKind.None;
        WriteBlockStop(output);
    }

    private static void WriteStart(ChatEvent.Start start, IBufferWriter<byte> output) =>
        Sse.WriteEvent(output, "message_start"u8, start, static (json, start) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "message_start");
            json.WriteStartObject("message");
            WriteHead(start, json);
            json.WriteStartArray("content");
            json.WriteEndArray();
            json.WriteNull("stop_reason");
            json.WriteNull("stop_sequence");
            AnthropicUsage.Write(start.Tokens, json);
            json.WriteEndObject();
            json.WriteEndObject();
        });

    private static void WriteHead(ChatEvent.Start start, Utf8JsonWriter json)
    {
        json.WriteString("id", start.Id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", start.Model);
    }

    private void WriteBlockStart<T>(IBufferWriter<byte> output, T state, Action<Utf8JsonWriter, T> write)
    {
        _index++;
        Sse.WriteEvent(output, "content_block_start"u8, (_index, state, write), static (json, block) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "content_block_start");
            json.WriteNumber("index", block._index);
            json.WriteStartObject("content_block");
            block.write(json, block.state);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private void WriteDelta(IBufferWriter<byte> output, string type, string field, string value) =>
        Sse.WriteEvent(output, "content_block_delta"u8, (_index, type, field, value), static (json, delta) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "content_block_delta");
            json.WriteNumber("index", delta._index);
            json.WriteStartObject("delta");
            json.WriteString("type", delta.type);
            json.WriteString(delta.field, delta.value);
            json.WriteEndObject();
            json.WriteEndObject();
        });

    private void WriteBlockStop(IBufferWriter<byte> output) =>
        Sse.WriteEvent(output, "content_block_stop"u8, _index, static (json, index) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "content_block_stop");
            json.WriteNumber("index", index);
            json.WriteEndObject();
        });

    private void WriteEnd(IBufferWriter<byte> output)
    {
        Close(output);
        Sse.WriteEvent(output, "message_delta"u8, this, static (json, writer) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "message_delta");
            json.WriteStartObject("delta");
            WriteStop(writer._stop ?? new ChatEvent.Stop(StopReason.EndTurn), writer._refused, json);
            json.WriteEndObject();
            AnthropicUsage.Write(writer._usage, json);
            json.WriteEndObject();
        });
        output.Write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    /// <summary>OpenAI's models decline in a field of their own and stop as usual; here the reason says it.</summary>
    private static void WriteStop(ChatEvent.Stop stop, bool refused, Utf8JsonWriter json)
    {
        json.WriteString("stop_reason", AnthropicStopReason.Write(refused ? StopReason.ContentFilter : stop.Reason));
        json.WriteString("stop_sequence", stop.Sequence);
    }
}
