using System.Buffers;
using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>Writes an answer as a Chat Completions object or as its chunks.</summary>
internal sealed class OpenAIAnswerWriter(ChatRequest request, DateTimeOffset now) : IAnswerWriter
{
    private readonly System.Text.StringBuilder _reasoning = new();
    private ChatEvent.Start _start = new("", "", null, default);
    private TokenUsage? _usage;

    public void WriteEvent(ChatEvent step, IBufferWriter<byte> output)
    {
        switch (step)
        {
            case ChatEvent.Start start:
                _start = start;
                WriteDelta(output, static json => { json.WriteString("role", "assistant"); json.WriteString("content", ""); });
                break;
            case ChatEvent.Text text:
                WriteDelta(output, text.Value, static (json, value) => json.WriteString("content", value));
                break;
            case ChatEvent.Reasoning reasoning:
                _reasoning.Append(reasoning.Value);
                WriteDelta(output, reasoning.Value, static (json, value) => json.WriteString("reasoning_content", value));
                break;
            case ChatEvent.ReasoningSignature signature:
                WriteThinkingBlock(output, new ContentPart.Reasoning(_reasoning.ToString(), signature.Value));
                _reasoning.Clear();
                break;
            case ChatEvent.RedactedReasoning redacted:
                WriteThinkingBlock(output, new ContentPart.RedactedReasoning(redacted.Data));
                break;
            case ChatEvent.Refused refused:
                WriteDelta(output, refused.Value, static (json, value) => json.WriteString("refusal", value));
                break;
            case ChatEvent.ToolCallStart call:
                WriteDelta(output, call, WriteCallStart);
                break;
            case ChatEvent.ToolCallArguments arguments:
                WriteDelta(output, arguments, WriteCallArguments);
                break;
            case ChatEvent.Stop stop:
                WriteChunk(output, stop, static (json, stop) => WriteStop(json, stop, "delta", static _ => { }));
                break;
            case ChatEvent.Usage usage:
                _usage = usage.Tokens;
                break;
            case ChatEvent.End:
                if (request.IncludeUsage && _usage is { } total) WriteUsageChunk(output, total);
                output.Write("data: [DONE]\n\n"u8);
                break;
        }
    }

    public void WriteWhole(IReadOnlyList<ChatEvent> events, IBufferWriter<byte> output)
    {
        _start = events.OfType<ChatEvent.Start>().First();
        using var json = new Utf8JsonWriter(output, Sse.JsonOptions);
        json.WriteStartObject();
        WriteHead(json, "chat.completion");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        var stop = events.OfType<ChatEvent.Stop>().LastOrDefault() ?? new ChatEvent.Stop(StopReason.EndTurn);
        WriteStop(json, stop, "message", json => WriteMessage(events, json));
        json.WriteEndObject();
        json.WriteEndArray();
        OpenAIUsage.Write("usage", events.OfType<ChatEvent.Usage>().LastOrDefault()?.Tokens ?? _start.Tokens, json);
        json.WriteEndObject();
    }

    private static void WriteMessage(IReadOnlyList<ChatEvent> events, Utf8JsonWriter json)
    {
        json.WriteString("role", "assistant");
        var text = string.Concat(events.OfType<ChatEvent.Text>().Select(t => t.Value));
        if (text.Length > 0 || !events.Any(e => e is ChatEvent.ToolCallStart or ChatEvent.Refused)) json.WriteString("content", text);
        else json.WriteNull("content");
        var refusal = string.Concat(events.OfType<ChatEvent.Refused>().Select(r => r.Value));
        if (refusal.Length > 0) json.WriteString("refusal", refusal);
        else json.WriteNull("refusal");
        WriteReasoning(events, json);
        var calls = events.OfType<ChatEvent.ToolCallStart>().ToList();
        if (calls.Count == 0) return;
        json.WriteStartArray("tool_calls");
        foreach (var call in calls)
        {
            json.WriteStartObject();
            var arguments = events.OfType<ChatEvent.ToolCallArguments>().Where(a => a.Index == call.Index).Select(a => a.Fragment);
            WriteCall(json, call.Id, call.Name, string.Concat(arguments));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteReasoning(IReadOnlyList<ChatEvent> events, Utf8JsonWriter json)
    {
        var reasoning = string.Concat(events.OfType<ChatEvent.Reasoning>().Select(r => r.Value));
        if (reasoning.Length > 0) json.WriteString("reasoning_content", reasoning);
        if (!events.Any(e => e is ChatEvent.ReasoningSignature or ChatEvent.RedactedReasoning)) return;
        json.WriteStartArray("thinking_blocks");
        var thought = "";
        foreach (var step in events)
        {
            if (step is ChatEvent.Reasoning piece) thought += piece.Value;
            if (step is ChatEvent.RedactedReasoning redacted) ThinkingBlock.Write(new ContentPart.RedactedReasoning(redacted.Data), json);
            if (step is not ChatEvent.ReasoningSignature signature) continue;
            ThinkingBlock.Write(new ContentPart.Reasoning(thought, signature.Value), json);
            thought = "";
        }

        json.WriteEndArray();
    }

    private void WriteThinkingBlock(IBufferWriter<byte> output, ContentPart block) => WriteDelta(output, block, static (json, block) =>
    {
        json.WriteStartArray("thinking_blocks");
        ThinkingBlock.Write(block, json);
        json.WriteEndArray();
    });

    private static void WriteCallStart(Utf8JsonWriter json, ChatEvent.ToolCallStart call)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", call.Index);
        WriteCall(json, call.Id, call.Name, "");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteCallArguments(Utf8JsonWriter json, ChatEvent.ToolCallArguments arguments)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", arguments.Index);
        json.WriteStartObject("function");
        json.WriteString("arguments", arguments.Fragment);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteCall(Utf8JsonWriter json, string id, string name, string arguments)
    {
        json.WriteString("id", id);
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", name);
        json.WriteString("arguments", arguments);
        json.WriteEndObject();
    }

    /// <summary>A choice that is over: <paramref name="pieces"/> is <c>message</c> or <c>delta</c>.</summary>
    private static void WriteStop(Utf8JsonWriter json, ChatEvent.Stop stop, string pieces, Action<Utf8JsonWriter> write)
    {
        json.WriteNumber("index", 0);
        json.WriteStartObject(pieces);
        write(json);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", OpenAIFinishReason.Write(stop.Reason));
        if (OpenAIFinishReason.Native(stop.Reason) is { } native) json.WriteString("native_finish_reason", native);
        if (stop.Sequence is { } sequence) json.WriteString("stop_reason", sequence);
    }

    private void WriteDelta(IBufferWriter<byte> output, Action<Utf8JsonWriter> write) => WriteDelta(output, write, static (json, write) => write(json));

    private void WriteDelta<T>(IBufferWriter<byte> output, T state, Action<Utf8JsonWriter, T> write) =>
        WriteChunk(output, (state, write), static (json, piece) =>
        {
            json.WriteNumber("index", 0);
            json.WriteStartObject("delta");
            piece.write(json, piece.state);
            json.WriteEndObject();
            json.WriteNull("logprobs");
            json.WriteNull("finish_reason");
        });

    private void WriteChunk<T>(IBufferWriter<byte> output, T state, Action<Utf8JsonWriter, T> writeChoice) =>
        Sse.WriteData(output, (Writer: this, state, writeChoice), static (json, chunk) =>
        {
            json.WriteStartObject();
            chunk.Writer.WriteHead(json, "chat.completion.chunk");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            chunk.writeChoice(json, chunk.state);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private void WriteUsageChunk(IBufferWriter<byte> output, TokenUsage usage) =>
        Sse.WriteData(output, (Writer: this, usage), static (json, chunk) =>
        {
            json.WriteStartObject();
            chunk.Writer.WriteHead(json, "chat.completion.chunk");
            json.WriteStartArray("choices");
            json.WriteEndArray();
            OpenAIUsage.Write("usage", chunk.usage, json);
            json.WriteEndObject();
        });

    private void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteString("id", _start.Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", _start.CreatedAt ?? now.ToUnixTimeSeconds());
        json.WriteString("model", _start.Model);
    }
}
