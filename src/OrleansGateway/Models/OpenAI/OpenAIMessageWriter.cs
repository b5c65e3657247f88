using System.Text.Json;

namespace OrleansGateway.Models.OpenAI;

/// <summary>Writes canonical messages as those of a Chat Completions request.</summary>
internal static class OpenAIMessageWriter
{
    public static void Write(ChatMessage message, Utf8JsonWriter json)
    {
        switch (message.Role)
        {
            case ChatRole.System:
                WriteMessage("system", message.Parts, json);
                break;
            case ChatRole.Assistant:
                WriteAssistant(message.Parts, json);
                break;
            default:
                WriteUser(message.Parts, json);
                break;
        }
    }

    /// <summary>
    /// Tool results first, each a message of its own, as they must follow the calls; then the rest of the turn. Chat Completions takes only text
    /// in a tool message, so a result's images follow in the user's message.
    /// </summary>
    private static void WriteUser(List<ContentPart> parts, Utf8JsonWriter json)
    {
        var rest = new List<ContentPart>();
        foreach (var part in parts)
        {
            if (part is ContentPart.ToolResult result) WriteToolResult(result, rest, json);
            else rest.Add(part);
        }

        if (rest.Count > 0 || !parts.Exists(p => p is ContentPart.ToolResult)) WriteMessage("user", rest, json);
    }

    private static void WriteToolResult(ContentPart.ToolResult result, List<ContentPart> rest, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("role", "tool");
        json.WriteString("tool_call_id", result.CallId);
        json.WriteString("content", string.Concat(result.Parts.OfType<ContentPart.Text>().Select(t => t.Value)));
        json.WriteEndObject();
        rest.AddRange(result.Parts.Where(p => p is not ContentPart.Text));
    }

    private static void WriteAssistant(List<ContentPart> parts, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("role", "assistant");
        WriteReasoning(parts, json);
        var said = parts.FindAll(p => p is ContentPart.Text or ContentPart.Raw);
        if (said.Count == 0) json.WriteNull("content");
        else WriteContent(said, json);
        var refused = string.Concat(parts.OfType<ContentPart.Refused>().Select(r => r.Value));
        if (refused.Length > 0) json.WriteString("refusal", refused);
        WriteToolCalls([.. parts.OfType<ContentPart.ToolCall>()], json);
        json.WriteEndObject();
    }

    /// <summary>In the field that servers of open reasoning models take it back in, and signed where it is signed.</summary>
    private static void WriteReasoning(List<ContentPart> parts, Utf8JsonWriter json)
    {
        var signed = parts.FindAll(p => p is ContentPart.Reasoning { Signature.Length: > 0 } or ContentPart.RedactedReasoning);
        if (signed.Count == 0) return;
        json.WriteStartArray("thinking_blocks");
        foreach (var part in signed) ThinkingBlock.Write(part, json);
        json.WriteEndArray();
    }

    private static void WriteToolCalls(IReadOnlyList<ContentPart.ToolCall> calls, Utf8JsonWriter json)
    {
        if (calls.Count == 0) return;
        json.WriteStartArray("tool_calls");
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id", call.Id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WriteString("arguments", call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMessage(string role, List<ContentPart> parts, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        WriteContent(parts, json);
        json.WriteEndObject();
    }

    /// <summary>One text is a string, as every server understands; more is a list of parts.</summary>
    private static void WriteContent(List<ContentPart> parts, Utf8JsonWriter json)
    {
        if (parts is [] or [ContentPart.Text])
        {
            json.WriteString("content", parts is [ContentPart.Text only] ? only.Value : "");
            return;
        }

        json.WriteStartArray("content");
        foreach (var part in parts) WritePart(part, json);
        json.WriteEndArray();
    }

    private static void WritePart(ContentPart part, Utf8JsonWriter json)
    {
        switch (part)
        {
            case ContentPart.Text text:
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("text", text.Value);
                json.WriteEndObject();
                break;
            case ContentPart.Image image:
                json.WriteStartObject();
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteString("url", image.Url ?? DataUrl.Write(image.MediaType!, image.Base64!));
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case ContentPart.Document document:
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteString("filename", document.Name ?? "document");
                json.WriteString("file_data", document.Url ?? DataUrl.Write(document.MediaType!, document.Base64!));
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case ContentPart.Raw raw:
                json.WriteCopy(raw.Json);
                break;
        }
    }
}
