using System.Text.Json;

namespace OrleansGateway.Models.Anthropic;

/// <summary>
/// The arguments of a tool call as Anthropic has them, a JSON object; OpenAI has them as a string that the model wrote and may have got wrong. What is
/// no object is kept as the one member <c>invalid_arguments</c>, so that whoever runs the tool sees what the model wrote.
/// </summary>
internal static class ToolInput
{
    public static void Write(string arguments, Utf8JsonWriter json)
    {
        if (TryParse(arguments, out var parsed))
        {
            using (parsed) json.WriteCopy(parsed!.RootElement);
            return;
        }

        json.WriteStartObject();
        if (!string.IsNullOrWhiteSpace(arguments)) json.WriteString("invalid_arguments", arguments);
        json.WriteEndObject();
    }

    private static bool TryParse(string arguments, out JsonDocument? parsed)
    {
        parsed = null;
        try
        {
            parsed = JsonDocument.Parse(arguments);
        }
        catch (JsonException)
        {
            return false;
        }

        if (parsed.RootElement.ValueKind == JsonValueKind.Object) return true;
        parsed.Dispose();
        return false;
    }
}
