using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Tests.Gateway;

/// <summary>What an answer says, in any dialect and whole or streamed: what must be the same before and after a translation.</summary>
internal sealed record Conversation(string Text, string ToolCalls, StopReason? Stop, TokenUsage Usage)
{
    public static Conversation Of(Dialect dialect, byte[] body, bool stream)
    {
        var (reader, events) = (Dialects.Of(dialect).NewAnswerReader(), new List<ChatEvent>());
        if (stream) ReadStream(reader, body, events);
        else reader.ReadWhole(JsonElement.Parse(body), events);
        return Of(events);
    }

    /// <summary>What is left of it by way of another dialect: searches are told by some only; they are no tokens, and the others have no word for them.</summary>
    public Conversation ByWayOfAnother() => this with { Usage = Usage with { WebSearches = 0 } };

    public static Conversation Of(IReadOnlyList<ChatEvent> events)
    {
        var calls = events.OfType<ChatEvent.ToolCallStart>().Select(call => $"{call.Id} {call.Name} {Arguments(events, call.Index)}");
        return new Conversation(
            string.Concat(events.OfType<ChatEvent.Text>().Select(t => t.Value)),
            string.Join('\n', calls),
            events.OfType<ChatEvent.Stop>().LastOrDefault()?.Reason,
            events.OfType<ChatEvent.Usage>().LastOrDefault()?.Tokens ?? default);
    }

    private static void ReadStream(IAnswerReader reader, byte[] body, List<ChatEvent> events)
    {
        using var sse = new SseReader();
        foreach (var chunk in body.Chunk(4096))
        {
            sse.Take(chunk);
            while (sse.TryRead(out var next)) reader.ReadEvent(next, events);
        }

        if (sse.TryReadLast(out var last)) reader.ReadEvent(last, events);
    }

    /// <summary>As the JSON it means: white space and the escaping of characters are the writer's own, and nothing is an object without members.</summary>
    private static string Arguments(IReadOnlyList<ChatEvent> events, int index)
    {
        var text = string.Concat(events.OfType<ChatEvent.ToolCallArguments>().Where(a => a.Index == index).Select(a => a.Fragment));
        return JsonSerializer.Serialize(JsonElement.Parse(text.Length > 0 ? text : "{}"));
    }
}

internal static class SseReaderFeeding
{
    public static void Take(this SseReader reader, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = reader.Free().Span;
            var taken = Math.Min(room.Length, bytes.Length);
            bytes[..taken].CopyTo(room);
            reader.Advance(taken);
            bytes = bytes[taken..];
        }
    }
}
