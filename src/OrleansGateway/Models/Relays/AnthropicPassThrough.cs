using System.Buffers;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models.Anthropic;

namespace OrleansGateway.Models.Relays;

/// <summary>Passes the events of a Messages stream on as they are; only the few that carry usage or the stop reason are parsed.</summary>
internal sealed class AnthropicPassThrough : IEventRelay
{
    public bool IsComplete { get; private set; }
    public Refusal? Failure { get; private set; }
    public bool ShowsFailure { get; private set; }
    public TokenUsage? Usage { get; private set; }
    public string? FinishReason { get; private set; }

    private int _blocks;
    private bool _inBlock;

    public RelayStep Take(in SseEvent sse, IBufferWriter<byte> output)
    {
        var step = Observe(sse);
        if (step != RelayStep.Failed || ShowsFailure) output.Write(sse.Raw);
        return step;
    }

    public bool Finish(IBufferWriter<byte> output) => IsComplete;

    public void EndAtLimit(TokenUsage usage, IBufferWriter<byte> output)
    {
        (Usage, FinishReason, IsComplete) = (usage, AnthropicStopReason.Write(StopReason.MaxTokens), true);
        if (_inBlock)
        {
            Sse.WriteEvent(output, "content_block_stop"u8, _blocks - 1, static (json, index) =>
            {
                json.WriteStartObject();
                json.WriteString("type", "content_block_stop");
                json.WriteNumber("index", index);
                json.WriteEndObject();
            });
        }

        Sse.WriteEvent(output, "message_delta"u8, (FinishReason, usage), static (json, end) =>
        {
            json.WriteStartObject();
            json.WriteString("type", "message_delta");
            json.WriteStartObject("delta");
            json.WriteString("stop_reason", end.FinishReason);
            json.WriteNull("stop_sequence");
            json.WriteEndObject();
            AnthropicUsage.Write(end.usage, json);
            json.WriteEndObject();
        });
        output.Write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    private RelayStep Observe(in SseEvent sse)
    {
        if (!sse.HasData) return RelayStep.Idle;
        // The name repeats the type inside the data; servers that follow the API loosely leave the name out.
        var type = sse.Name.IsEmpty ? JsonBytes.StringAfter(sse.Data, "\"type\""u8) : null;
        if (Is("content_block_delta"u8, sse.Name, type)) return RelayStep.Content;
        if (Is("ping"u8, sse.Name, type)) return RelayStep.Idle;
        if (Is("message_stop"u8, sse.Name, type)) IsComplete = true;
        else if (Is("content_block_start"u8, sse.Name, type)) (_blocks, _inBlock) = (_blocks + 1, true);
        else if (Is("content_block_stop"u8, sse.Name, type)) _inBlock = false;
        else if (Is("message_start"u8, sse.Name, type) || Is("message_delta"u8, sse.Name, type)) Observe(sse.Data);
        else if (Is("error"u8, sse.Name, type)) return Fail(sse.Data);
        return RelayStep.Content;
    }

    private static bool Is(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> name, string? type) =>
        type is null ? name.SequenceEqual(wanted) : System.Text.Ascii.Equals(wanted, type);

    private void Observe(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var json = JsonDocument.ParseValue(ref reader);
        var body = json.RootElement;
        if ((body.Member("usage") ?? body.Member("message")?.Member("usage")) is { } usage) Usage = AnthropicUsage.Read(usage, Usage ?? default);
        if (body.Member("delta")?.Text("stop_reason") is { } reason) FinishReason = reason;
    }

    private RelayStep Fail(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var json = JsonDocument.ParseValue(ref reader);
        (Failure, ShowsFailure) = ProviderError.FromStream(json.RootElement);
        return RelayStep.Failed;
    }
}
