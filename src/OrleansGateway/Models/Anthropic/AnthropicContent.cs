using System.Text;
using System.Text.Json;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Writes the pieces of a whole answer as the content blocks of a Messages object.</summary>
internal static class AnthropicContent
{
    public static void Write(IReadOnlyList<ChatEvent> events, Utf8JsonWriter json)
    {
        json.WriteStartArray("content");
        foreach (var part in Parts(events)) AnthropicMessageWriter.WritePart(part, json, isAnswer: true);
        json.WriteEndArray();
    }

    /// <summary>Who made a tool call: the model itself, as opposed to code it runs at the provider. Typed clients want it on every call of an answer.</summary>
    public static void WriteCaller(Utf8JsonWriter json)
    {
        json.WriteStartObject("caller");
        json.WriteString("type", "direct");
        json.WriteEndObject();
    }

    private static IEnumerable<ContentPart> Parts(IReadOnlyList<ChatEvent> events)
    {
        var (text, thought) = (new StringBuilder(), new StringBuilder());
        foreach (var step in events)
        {
            if (text.Length > 0 && step is not (ChatEvent.Text or ChatEvent.Refused)) yield return new ContentPart.Text(Drain(text));
            if (thought.Length > 0 && step is not (ChatEvent.Reasoning or ChatEvent.ReasoningSignature)) yield return new ContentPart.Reasoning(Drain(thought), "");
            switch (step)
            {
                case ChatEvent.Text piece:
                    text.Append(piece.Value);
                    break;
                case ChatEvent.Refused refused:
                    text.Append(refused.Value);
                    break;
                case ChatEvent.Reasoning piece:
                    thought.Append(piece.Value);
                    break;
                case ChatEvent.ReasoningSignature signature:
                    yield return new ContentPart.Reasoning(Drain(thought), signature.Value);
                    break;
                case ChatEvent.RedactedReasoning redacted:
                    yield return new ContentPart.RedactedReasoning(redacted.Data);
                    break;
                case ChatEvent.ToolCallStart call:
                    var arguments = events.OfType<ChatEvent.ToolCallArguments>().Where(a => a.Index == call.Index).Select(a => a.Fragment);
                    yield return new ContentPart.ToolCall(call.Id, call.Name, string.Concat(arguments));
                    break;
            }
        }
    }

    private static string Drain(StringBuilder builder)
    {
        var text = builder.ToString();
        builder.Clear();
        return text;
    }
}
