using System.Text.Json;

namespace OrleansGateway.Models.OpenAI;

/// <summary>
/// Reads a Chat Completions answer, whole or in chunks, from OpenAI and those who follow it: thinking comes as <c>reasoning_content</c> (DeepSeek, vLLM)
/// or <c>reasoning</c> (OpenRouter, Groq), usage in a last chunk without choices, beside the last choice, or in <c>x_groq</c>.
/// </summary>
internal sealed class OpenAIAnswerReader : IAnswerReader
{
    private readonly Dictionary<string, int> _calls = [];
    private string _lastCall = "";
    private bool _started;
    private bool _stopped;

    public void ReadWhole(JsonElement body, List<ChatEvent> events)
    {
        Read(body, "message", events);
        if (_stopped) events.Add(new ChatEvent.End());
    }

    public void ReadEvent(in SseEvent sse, List<ChatEvent> events)
    {
        if (!sse.HasData)
        {
            events.Add(new ChatEvent.Ping());
            return;
        }

        if (sse.Data.SequenceEqual("[DONE]"u8))
        {
            events.Add(new ChatEvent.End());
            return;
        }

        var reader = new Utf8JsonReader(sse.Data);
        using var chunk = JsonDocument.ParseValue(ref reader);
        Read(chunk.RootElement, "delta", events);
    }

    private void Read(JsonElement body, string pieces, List<ChatEvent> events)
    {
        if (body.Member("error") is { } error)
        {
            events.Add(ReadError(error));
            return;
        }

        if (!_started)
        {
            _started = true;
            events.Add(new ChatEvent.Start(body.Text("id") ?? "", body.Text("model") ?? "", body.Member("created")?.ValueKind == JsonValueKind.Number ? body.Number("created") : null, default));
        }

        foreach (var choice in body.Items("choices"))
        {
            // Only the first of several answers can be carried; asking for more is refused on the way in.
            if (choice.Number("index") == 0) ReadChoice(choice, pieces, events);
        }

        if ((body.Member("usage") ?? body.Member("x_groq")?.Member("usage")) is { ValueKind: JsonValueKind.Object } usage)
            events.Add(new ChatEvent.Usage(OpenAIUsage.Read(usage)));
    }

    private void ReadChoice(JsonElement choice, string pieces, List<ChatEvent> events)
    {
        if (choice.Member(pieces) is { } piece) ReadPiece(piece, isWhole: pieces == "message", events);
        if (choice.Text("finish_reason") is not { Length: > 0 } finish || _stopped) return;
        _stopped = true;
        var sequence = choice.Text("stop_reason");
        var native = sequence is null ? choice.Text("native_finish_reason") : "stop_sequence";
        events.Add(new ChatEvent.Stop(OpenAIFinishReason.Read(finish, native), sequence));
    }

    private void ReadPiece(JsonElement piece, bool isWhole, List<ChatEvent> events)
    {
        ReadReasoning(piece, isWhole, events);
        ReadText(piece, events);
        if (piece.Text("refusal") is { Length: > 0 } refusal) events.Add(new ChatEvent.Refused(refusal));
        foreach (var call in piece.Items("tool_calls")) ReadToolCall(call, events);
    }

    /// <summary>
    /// Plain thinking, and the signed blocks of <c>thinking_blocks</c>. A whole answer has every thought in both, and only the blocks tell which signature is
    /// whose; in a stream the text has come before, in pieces, and the block brings the signature.
    /// </summary>
    private static void ReadReasoning(JsonElement piece, bool isWhole, List<ChatEvent> events)
    {
        var blocks = piece.Items("thinking_blocks").ToList();
        if ((!isWhole || blocks.Count == 0) && (piece.Text("reasoning_content") ?? piece.Text("reasoning")) is { Length: > 0 } reasoning)
            events.Add(new ChatEvent.Reasoning(reasoning));
        foreach (var block in blocks)
        {
            if (block.Text("type") == "redacted_thinking") events.Add(new ChatEvent.RedactedReasoning(block.Text("data") ?? ""));
            if (isWhole && block.Text("thinking") is { Length: > 0 } thought) events.Add(new ChatEvent.Reasoning(thought));
            if (block.Text("signature") is { Length: > 0 } signature) events.Add(new ChatEvent.ReasoningSignature(signature));
        }
    }

    /// <summary>Usually a string; Mistral's reasoning models send a list of parts.</summary>
    private static void ReadText(JsonElement piece, List<ChatEvent> events)
    {
        if (piece.Text("content") is { Length: > 0 } text) events.Add(new ChatEvent.Text(text));
        foreach (var part in piece.Items("content"))
        {
            if (part.Text("type") == "text" && part.Text("text") is { Length: > 0 } partText) events.Add(new ChatEvent.Text(partText));
            foreach (var thought in part.Items("thinking"))
            {
                if (thought.Text("text") is { Length: > 0 } thoughtText) events.Add(new ChatEvent.Reasoning(thoughtText));
            }
        }
    }

    private void ReadToolCall(JsonElement call, List<ChatEvent> events)
    {
        var key = CallKey(call);
        var function = call.Member("function") ?? default;
        if (!_calls.TryGetValue(key, out var index))
        {
            index = _calls[key] = _calls.Count;
            events.Add(new ChatEvent.ToolCallStart(index, call.Text("id") ?? $"call_{index}", function.Text("name") ?? ""));
        }

        if (Arguments(function) is { Length: > 0 } fragment) events.Add(new ChatEvent.ToolCallArguments(index, fragment));
    }

    /// <summary>
    /// What tells calls apart: the index of OpenAI's chunks; the id where there is none (whole answers, and servers that send each call whole);
    /// neither means more of the last one.
    /// </summary>
    private string CallKey(JsonElement call)
    {
        if (call.Member("index") is { ValueKind: JsonValueKind.Number } index) return _lastCall = index.GetRawText();
        return call.Text("id") is { Length: > 0 } id ? _lastCall = "id:" + id : _lastCall;
    }

    /// <summary>A string of JSON; some servers send the JSON itself.</summary>
    private static string? Arguments(JsonElement function) =>
        function.Member("arguments") is { ValueKind: JsonValueKind.Object } json ? json.GetRawText() : function.Text("arguments");

    private static ChatEvent.Error ReadError(JsonElement error) => error.ValueKind == JsonValueKind.String
        ? new ChatEvent.Error("server_error", error.Text())
        : new ChatEvent.Error(error.Text("type") ?? "server_error", error.Text("message") ?? "The provider failed.");
}
