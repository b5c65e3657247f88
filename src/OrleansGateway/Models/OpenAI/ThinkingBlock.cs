using System.Text.Json;

namespace OrleansGateway.Models.OpenAI;

/// <summary>
/// Signed thinking in a Chat Completions message: Anthropic's own block in the field <c>thinking_blocks</c>, as LiteLLM's clients know it. A client that
/// gives the message back as it came gives the signature back, which Anthropic needs to go on after a tool call.
/// </summary>
internal static class ThinkingBlock
{
    public static void Write(ContentPart part, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (part is ContentPart.Reasoning reasoning)
        {
            json.WriteString("type", "thinking");
            json.WriteString("thinking", reasoning.Value);
            json.WriteString("signature", reasoning.Signature ?? "");
        }
        else if (part is ContentPart.RedactedReasoning redacted)
        {
            json.WriteString("type", "redacted_thinking");
            json.WriteString("data", redacted.Data);
        }

        json.WriteEndObject();
    }
}
