using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>Reads the messages of a Chat Completions request.</summary>
internal static class OpenAIMessageReader
{
    public static Refusal? Read(JsonElement messages, ChatRequest request)
    {
        if (messages.ValueKind != JsonValueKind.Array) return Refusal.BadRequest("invalid_field", "The field 'messages' must be a list.", "messages");
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (ReadMessage(message, $"messages[{index++}]", request) is { } refusal) return refusal;
        }

        return null;
    }

    private static Refusal? ReadMessage(JsonElement message, string at, ChatRequest request)
    {
        var (parts, into) = (new List<ContentPart>(), request.Messages);
        if (message.Member("name") is not null) request.Drop("messages.name");
        switch (message.Text("role"))
        {
            case "system" or "developer":
                into.Add(new ChatMessage(ChatRole.System, parts));
                return ReadContent(message, at, parts, request);
            case "user":
                into.Add(new ChatMessage(ChatRole.User, parts));
                return ReadContent(message, at, parts, request);
            case "assistant":
                into.Add(new ChatMessage(ChatRole.Assistant, parts));
                return ReadAssistant(message, at, parts, request);
            case "tool":
                var result = new ContentPart.ToolResult(message.Text("tool_call_id") ?? "", parts, IsError: false);
                into.Add(new ChatMessage(ChatRole.User, [result]));
                return ReadContent(message, at, parts, request);
            default:
                return Refusal.BadRequest("invalid_field", $"The field '{at}.role' must be system, developer, user, assistant or tool.", $"{at}.role");
        }
    }

    private static Refusal? ReadAssistant(JsonElement message, string at, List<ContentPart> parts, ChatRequest request)
    {
        ReadReasoning(message, parts);
        if (ReadContent(message, at, parts, request) is { } refusal) return refusal;
        if (message.Text("refusal") is { Length: > 0 } declined) parts.Add(new ContentPart.Refused(declined));
        foreach (var call in message.Items("tool_calls"))
        {
            parts.Add(call.Member("function") is { } function
                ? new ContentPart.ToolCall(call.Text("id") ?? "", function.Text("name") ?? "", function.Text("arguments") ?? "")
                : new ContentPart.Raw(call));
        }

        return null;
    }

    /// <summary>
    /// Thinking that a client gives back. Only signed thinking means anything to a provider; it comes back in <c>thinking_blocks</c>, where our own
    /// answers put it. Plain <c>reasoning_content</c> is for people to read.
    /// </summary>
    private static void ReadReasoning(JsonElement message, List<ContentPart> parts)
    {
        foreach (var block in message.Items("thinking_blocks"))
        {
            if (block.Text("type") == "redacted_thinking") parts.Add(new ContentPart.RedactedReasoning(block.Text("data") ?? ""));
            else parts.Add(new ContentPart.Reasoning(block.Text("thinking") ?? "", block.Text("signature")));
        }
    }

    private static Refusal? ReadContent(JsonElement message, string at, List<ContentPart> parts, ChatRequest request)
    {
        if (message.Member("content") is not { } content) return null;
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new ContentPart.Text(content.Text()));
            return null;
        }

        if (content.ValueKind != JsonValueKind.Array)
            return Refusal.BadRequest("invalid_field", $"The field '{at}.content' must be a string or a list of parts.", $"{at}.content");
        var index = 0;
        foreach (var part in content.EnumerateArray())
        {
            if (ReadPart(part, $"{at}.content[{index++}]", parts, request) is { } refusal) return refusal;
        }

        return null;
    }

    private static Refusal? ReadPart(JsonElement part, string at, List<ContentPart> parts, ChatRequest request)
    {
        switch (part.Text("type"))
        {
            case "text":
                parts.Add(new ContentPart.Text(part.Text("text") ?? "", part.Member("cache_control")));
                return null;
            case "refusal":
                parts.Add(new ContentPart.Refused(part.Text("refusal") ?? ""));
                return null;
            case "image_url" when part.Member("image_url")?.Text("url") is { } address:
                if (part.Member("image_url")?.Member("detail") is not null) request.Drop("image_url.detail");
                parts.Add(DataUrl.TryParse(address, out var imageType, out var image)
                    ? new ContentPart.Image(null, imageType, image)
                    : new ContentPart.Image(address, null, null));
                return null;
            case "file" when part.Member("file") is { } file && file.Text("file_data") is { } data && DataUrl.TryParse(data, out var media, out var base64):
                parts.Add(new ContentPart.Document(null, media, base64, file.Text("filename")));
                return null;
            case "file" when part.Member("file") is { } file && file.Text("file_data") is { } url && url.StartsWith("https://", StringComparison.OrdinalIgnoreCase):
                // OpenRouter's clients send addresses here.
                parts.Add(new ContentPart.Document(url, null, null, file.Text("filename")));
                return null;
            case "file":
                return Refusal.BadRequest(
                    "unsupported_parameter",
                    $"The file in '{at}' names no data that can be carried to the provider that serves this model; send it as a data URL in 'file_data'.",
                    at);
            case "input_audio":
                return Refusal.BadRequest(
                    "unsupported_parameter", $"The audio in '{at}' cannot be carried to the provider that serves this model.", at);
            default:
                parts.Add(new ContentPart.Raw(part));
                return null;
        }
    }
}
