using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Reads the system prompt and the messages of a Messages request.</summary>
internal static class AnthropicMessageReader
{
    /// <summary>The system prompt stands before all messages, wherever its field stands in the body.</summary>
    public static Refusal? ReadSystem(JsonElement system, List<ChatMessage> into)
    {
        var parts = new List<ContentPart>();
        into.Insert(0, new ChatMessage(ChatRole.System, parts));
        return ReadContent(system, "system", parts);
    }

    public static Refusal? Read(JsonElement messages, List<ChatMessage> into)
    {
        if (messages.ValueKind != JsonValueKind.Array) return Refusal.BadRequest("invalid_field", "The field 'messages' must be a list.", "messages");
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var at = $"messages[{index++}]";
            if (RoleOf(message) is not { } role)
                return Refusal.BadRequest("invalid_field", $"The field '{at}.role' must be user, assistant or system.", $"{at}.role");
            var parts = new List<ContentPart>();
            into.Add(new ChatMessage(role, parts));
            if (message.Member("content") is { } content && ReadContent(content, $"{at}.content", parts) is { } refusal) return refusal;
        }

        return null;
    }

    private static ChatRole? RoleOf(JsonElement message) => message.Text("role") switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" => ChatRole.System,
        _ => null,
    };

    private static Refusal? ReadContent(JsonElement content, string at, List<ContentPart> parts)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new ContentPart.Text(content.Text()));
            return null;
        }

        if (content.ValueKind != JsonValueKind.Array)
            return Refusal.BadRequest("invalid_field", $"The field '{at}' must be a string or a list of content blocks.", at);
        var index = 0;
        foreach (var block in content.EnumerateArray())
        {
            if (ReadBlock(block, $"{at}[{index++}]", parts) is { } refusal) return refusal;
        }

        return null;
    }

    private static Refusal? ReadBlock(JsonElement block, string at, List<ContentPart> parts)
    {
        switch (block.Text("type"))
        {
            case "text":
                parts.Add(new ContentPart.Text(block.Text("text") ?? "", block.Member("cache_control")));
                return null;
            case "tool_use":
                parts.Add(new ContentPart.ToolCall(block.Text("id") ?? "", block.Text("name") ?? "", block.Member("input")?.GetRawText() ?? "{}"));
                return null;
            case "tool_result":
                var result = new ContentPart.ToolResult(block.Text("tool_use_id") ?? "", [], block.Flag("is_error") ?? false);
                parts.Add(result);
                return block.Member("content") is { } content ? ReadContent(content, $"{at}.content", result.Parts) : null;
            case "thinking":
                parts.Add(new ContentPart.Reasoning(block.Text("thinking") ?? "", block.Text("signature")));
                return null;
            case "redacted_thinking":
                parts.Add(new ContentPart.RedactedReasoning(block.Text("data") ?? ""));
                return null;
            default:
                parts.Add(ReadSource(block) ?? new ContentPart.Raw(block));
                return null;
        }
    }

    /// <summary>An image or document whose source the other dialect can say; none for any other block.</summary>
    private static ContentPart? ReadSource(JsonElement block)
    {
        if (block.Member("source") is not { } source) return null;
        return (block.Text("type"), source.Text("type")) switch
        {
            ("image", "base64") => new ContentPart.Image(null, source.Text("media_type") ?? "", source.Text("data") ?? ""),
            ("image", "url") => new ContentPart.Image(source.Text("url") ?? "", null, null),
            ("document", "url") => new ContentPart.Document(source.Text("url") ?? "", null, null, block.Text("title")),
            ("document", "base64") => new ContentPart.Document(null, source.Text("media_type") ?? "", source.Text("data") ?? "", block.Text("title")),
            ("document", "text") => new ContentPart.Text(source.Text("data") ?? "", block.Member("cache_control")),
            _ => null,
        };
    }
}
