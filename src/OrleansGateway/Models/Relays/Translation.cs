using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using OrleansGateway.Http;
using OrleansGateway.Models.Anthropic;
using OrleansGateway.Models.OpenAI;

namespace OrleansGateway.Models.Relays;

/// <summary>Turns the answer of one dialect into another's, by way of the canonical events.</summary>
internal sealed class Translation(IAnswerReader reader, IAnswerWriter writer, Dialect client) : IEventRelay
{
    private readonly List<ChatEvent> _events = [];

    public bool IsComplete { get; private set; }
    public Refusal? Failure { get; private set; }
    public bool ShowsFailure => false;
    public TokenUsage? Usage { get; private set; }
    public string? FinishReason { get; private set; }

    public RelayStep Take(in SseEvent sse, IBufferWriter<byte> output)
    {
        _events.Clear();
        // The JSON reader does not look inside strings; reading them would throw.
        if (!Utf8.IsValid(sse.Data)) throw new JsonException("Not UTF-8.");
        reader.ReadEvent(sse, _events);
        return Write(_events, output);
    }

    /// <summary>A stream that said why it stopped but not that it ends is whole all the same; the client gets its end.</summary>
    public bool Finish(IBufferWriter<byte> output)
    {
        if (!IsComplete && FinishReason is not null) Write([new ChatEvent.End()], output);
        return IsComplete;
    }

    public void EndAtLimit(TokenUsage usage, IBufferWriter<byte> output) =>
        Write([new ChatEvent.Stop(StopReason.MaxTokens), new ChatEvent.Usage(usage), new ChatEvent.End()], output);

    /// <summary>A whole answer, as one or as the stream that was asked for; false if it reports a failure or is no answer.</summary>
    public bool TakeWhole(JsonElement body, bool asStream, IBufferWriter<byte> output)
    {
        _events.Clear();
        reader.ReadWhole(body, _events);
        if (asStream) return Write(_events, output) == RelayStep.Content && IsComplete;
        Note(_events);
        if (Failure is not null || !IsComplete) return false;
        writer.WriteWhole(_events, output);
        return true;
    }

    private RelayStep Write(List<ChatEvent> events, IBufferWriter<byte> output)
    {
        var step = Note(events);
        foreach (var next in events)
        {
            if (next is not ChatEvent.Error) writer.WriteEvent(next, output);
        }

        return step;
    }

    private RelayStep Note(List<ChatEvent> events)
    {
        var step = RelayStep.Idle;
        foreach (var next in events)
        {
            if (step != RelayStep.Failed && next is not ChatEvent.Ping) step = RelayStep.Content;
            switch (next)
            {
                case ChatEvent.Start { Tokens: var tokens } when tokens != default:
                    Usage = tokens;
                    break;
                case ChatEvent.Usage usage:
                    Usage = usage.Tokens;
                    break;
                case ChatEvent.Stop stop:
                    FinishReason = client == Dialect.Anthropic ? AnthropicStopReason.Write(stop.Reason) : OpenAIFinishReason.Write(stop.Reason);
                    break;
                case ChatEvent.End:
                    IsComplete = true;
                    break;
                case ChatEvent.Error error:
                    Failure = ProviderError.FromStream(error.Type, error.Message);
                    step = RelayStep.Failed;
                    break;
            }
        }

        return step;
    }
}
