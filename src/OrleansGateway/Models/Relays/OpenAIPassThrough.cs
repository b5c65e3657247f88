using System.Buffers;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models.OpenAI;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Passes the chunks of an OpenAI stream on as they are, and reads along by searching bytes: an event is parsed only if it carries usage, which is once
/// per stream with most servers.
/// </summary>
/// <param name="takeOutUsage">Whether the usage chunk was asked for by us and not by the client, who then must not get it.</param>
/// <param name="mayEnd">Whether the stream may have to be ended here: then its first chunk is kept, for the last ones bear the same name.</param>
internal sealed class OpenAIPassThrough(bool takeOutUsage, bool mayEnd = false) : IEventRelay
{
    private byte[]? _first;

    public bool IsComplete { get; private set; }
    public Refusal? Failure { get; private set; }
    public bool ShowsFailure { get; private set; }
    public TokenUsage? Usage { get; private set; }
    public string? FinishReason { get; private set; }

    public RelayStep Take(in SseEvent sse, IBufferWriter<byte> output)
    {
        if (!sse.HasData)
        {
            output.Write(sse.Raw);
            return RelayStep.Idle;
        }

        if (mayEnd) _first ??= sse.Data.ToArray();
        if (sse.Data.SequenceEqual("[DONE]"u8)) IsComplete = true;
        else if (JsonBytes.HasMember(sse.Data, "\"error\""u8) && Fail(sse, output)) return RelayStep.Failed;
        else if (Observe(sse.Data)) return RelayStep.Content;
        output.Write(sse.Raw);
        return RelayStep.Content;
    }

    /// <summary>Some servers never send <c>[DONE]</c>; a stream that closed properly after its finish reason is whole.</summary>
    public bool Finish(IBufferWriter<byte> output) => IsComplete || FinishReason is not null;

    public void EndAtLimit(TokenUsage usage, IBufferWriter<byte> output)
    {
        using var first = JsonDocument.Parse(_first);
        (Usage, FinishReason, IsComplete) = (usage, OpenAIFinishReason.Write(StopReason.MaxTokens), true);
        WriteChunk(output, first, FinishReason, static (json, reason) =>
        {
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            json.WriteStartObject("delta");
            json.WriteEndObject();
            json.WriteNull("logprobs");
            json.WriteString("finish_reason", reason);
            json.WriteEndObject();
            json.WriteEndArray();
        });
        if (!takeOutUsage) WriteChunk(output, first, usage, static (json, usage) =>
        {
            json.WriteStartArray("choices");
            json.WriteEndArray();
            OpenAIUsage.Write("usage", usage, json);
        });
        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>Writes a chunk with the head that the provider's chunks have.</summary>
    private static void WriteChunk<T>(IBufferWriter<byte> output, JsonDocument first, T state, Action<Utf8JsonWriter, T> write) =>
        Sse.WriteData(output, (first, state, write), static (json, chunk) =>
        {
            json.WriteStartObject();
            foreach (var name in (string[])["id", "object", "created", "model", "system_fingerprint"])
            {
                if (chunk.first.RootElement.Member(name) is { } value) json.WriteMember(name, value);
            }

            chunk.write(json, chunk.state);
            json.WriteEndObject();
        });

    /// <summary>Notes usage and finish reason; true if the chunk is the one to take out.</summary>
    private bool Observe(ReadOnlySpan<byte> chunk)
    {
        if (JsonBytes.StringAfter(chunk, "\"finish_reason\""u8) is { Length: > 0 } reason) FinishReason = reason;
        if (!JsonBytes.HasObjectAfter(chunk, "\"usage\""u8)) return false;
        var reader = new Utf8JsonReader(chunk);
        using var json = JsonDocument.ParseValue(ref reader);
        var body = json.RootElement;
        if ((body.Member("usage") ?? body.Member("x_groq")?.Member("usage")) is not { ValueKind: JsonValueKind.Object } usage) return false;
        Usage = OpenAIUsage.Read(usage);
        return takeOutUsage && FinishReason is not null && !body.Items("choices").Any();
    }

    /// <summary>Whether the chunk reports a failure: most servers send nothing else in it, OpenRouter a chunk with an <c>error</c> beside its choices.</summary>
    private bool Fail(in SseEvent sse, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(sse.Data);
        using var json = JsonDocument.ParseValue(ref reader);
        if (json.RootElement.Member("error") is null) return false;
        (Failure, ShowsFailure) = ProviderError.FromStream(json.RootElement);
        if (ShowsFailure) output.Write(sse.Raw);
        return true;
    }
}
