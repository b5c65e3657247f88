using System.Buffers;
using System.Text.Json;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Writes canonical messages as those of a Messages request, in which user and assistant take turns.</summary>
internal static class AnthropicMessageWriter
{
    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    public static void Write(List<ChatMessage> messages, Utf8JsonWriter json)
    {
        json.WriteStartArray("messages");
        ChatRole? open = null;
        foreach (var message in messages)
        {
            var parts = Sayable(message);
            if (message.Role == ChatRole.System || parts.Count == 0) continue;
            if (open != message.Role)
            {
                if (open is not null) EndMessage(json);
                open = message.Role;
                json.WriteStartObject();
                json.WriteString("role", open == ChatRole.User ? "user" : "assistant");
                json.WriteStartArray("content");
            }

            foreach (var part in parts) WritePart(part, json);
        }

        if (open is not null) EndMessage(json);
        json.WriteEndArray();
    }

    /// <param name="part">What to write.</param>
    /// <param name="json">Where to.</param>
    /// <param name="isAnswer">Whether it stands in an answer, where tool calls say who made them.</param>
    public static void WritePart(ContentPart part, Utf8JsonWriter json, bool isAnswer = false)
    {
        if (part is ContentPart.Raw raw)
        {
            json.WriteCopy(raw.Json);
            return;
        }

        json.WriteStartObject();
        switch (part)
        {
            case ContentPart.Text text:
                WriteText(text.Value, json);
                if (text.CacheControl is { } control)
                {
                    json.WritePropertyName("cache_control");
                    json.WriteCopy(control);
                }

                break;
            case ContentPart.Refused refused:
                WriteText(refused.Value, json);
                break;
            case ContentPart.Image image:
                json.WriteString("type", "image");
                WriteSource(image.Url, image.MediaType, image.Base64, json);
                break;
            case ContentPart.Document document:
                json.WriteString("type", "document");
                WriteSource(document.Url, document.MediaType, document.Base64, json);
                if (document.Name is { } name) json.WriteString("title", name);
                break;
            case ContentPart.ToolCall call:
                json.WriteString("type", "tool_use");
                json.WriteString("id", ValidId(call.Id));
                json.WriteString("name", call.Name);
                json.WritePropertyName("input");
                ToolInput.Write(call.Arguments, json);
                if (isAnswer) AnthropicContent.WriteCaller(json);
                break;
            case ContentPart.ToolResult result:
                WriteToolResult(result, json);
                break;
            case ContentPart.Reasoning reasoning:
                json.WriteString("type", "thinking");
                json.WriteString("thinking", reasoning.Value);
                json.WriteString("signature", reasoning.Signature);
                break;
            case ContentPart.RedactedReasoning redacted:
                json.WriteString("type", "redacted_thinking");
                json.WriteString("data", redacted.Data);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>Empty text, and thinking without its signature, are refused by the API and say nothing.</summary>
    private static List<ContentPart> Sayable(ChatMessage message) =>
        message.Parts.FindAll(p => p is not (ContentPart.Text { Value.Length: 0 } or ContentPart.Reasoning { Signature: null or "" }));

    private static void EndMessage(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteText(string text, Utf8JsonWriter json)
    {
        json.WriteString("type", "text");
        json.WriteString("text", text);
    }

    private static void WriteSource(string? url, string? mediaType, string? base64, Utf8JsonWriter json)
    {
        json.WriteStartObject("source");
        json.WriteString("type", url is null ? "base64" : "url");
        if (url is not null)
        {
            json.WriteString("url", url);
        }
        else
        {
            json.WriteString("media_type", mediaType);
            json.WriteString("data", base64);
        }

        json.WriteEndObject();
    }

    private static void WriteToolResult(ContentPart.ToolResult result, Utf8JsonWriter json)
    {
        json.WriteString("type", "tool_result");
        json.WriteString("tool_use_id", ValidId(result.CallId));
        if (result.IsError) json.WriteBoolean("is_error", true);
        var parts = result.Parts.FindAll(p => p is not ContentPart.Text { Value.Length: 0 });
        if (parts.Count == 0) return;
        json.WriteStartArray("content");
        foreach (var part in parts) WritePart(part, json);
        json.WriteEndArray();
    }

    /// <summary>The API takes only letters, digits, <c>_</c> and <c>-</c> in the ids of tool calls; other servers make ids with dots and colons.</summary>
    private static string ValidId(string id) => id.AsSpan().IndexOfAnyExcept(IdCharacters) < 0
        ? id
        : string.Create(id.Length, id, static (valid, id) =>
        {
            for (var at = 0; at < id.Length; at++) valid[at] = IdCharacters.Contains(id[at]) ? id[at] : '_';
        });
}
