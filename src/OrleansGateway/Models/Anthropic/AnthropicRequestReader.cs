using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Reads a Messages request (Anthropic API reference, "Create a Message") into the canonical one.</summary>
internal static class AnthropicRequestReader
{
    public static Refusal? Read(JsonElement body, ChatRequest request)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null) continue;
            if (ReadField(field.Name, field.Value, request) is { } refusal) return refusal;
        }

        return null;
    }

    private static Refusal? ReadField(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "model": return null;
            case "system": return AnthropicMessageReader.ReadSystem(value, request.Messages);
            case "messages": return AnthropicMessageReader.Read(value, request.Messages);
            case "tools": ReadTools(value, request.Tools); return null;
            case "tool_choice": ReadToolChoice(value, request); return null;
            case "max_tokens": return request.ReadMaxOutputTokens(name, value);
            case "temperature": request.Temperature = value; return null;
            case "top_p": request.TopP = value; return null;
            case "stop_sequences": request.Stop.AddRange(value.Texts()); return null;
            case "stream": request.Stream = value.ValueKind == JsonValueKind.True; return null;
            case "thinking": ReadThinking(value, request); return null;
            case "output_config": ReadOutputConfig(value, request); return null;
            case "metadata": request.EndUser = value.Text("user_id"); return null;
            // They advise, and OpenAI's API has no counterpart: it caches by itself, and its tiers have other names.
            case "cache_control" or "service_tier" or "inference_geo": request.Drop(name); return null;
            default: request.Extensions.Add(new(name, value)); return null;
        }
    }

    private static void ReadTools(JsonElement tools, List<ChatTool> into)
    {
        if (tools.ValueKind != JsonValueKind.Array) return;
        foreach (var tool in tools.EnumerateArray())
        {
            into.Add(tool.Text("type") is null or "custom" && tool.Member("input_schema") is not null ? ReadTool(tool) : new ChatTool { Raw = tool });
        }
    }

    private static ChatTool ReadTool(JsonElement tool)
    {
        var read = new ChatTool
        {
            Name = tool.Text("name") ?? "",
            Description = tool.Text("description"),
            Parameters = tool.Member("input_schema"),
            Strict = tool.Flag("strict"),
        };
        foreach (var field in tool.EnumerateObject())
        {
            if (field.Name is not ("type" or "name" or "description" or "input_schema" or "strict" or "cache_control"))
                read.Extensions.Add(new(field.Name, field.Value));
        }

        return read;
    }

    private static void ReadToolChoice(JsonElement choice, ChatRequest request)
    {
        request.ToolChoice = choice.Text("type") switch
        {
            "any" => new ToolChoice(ToolChoiceKind.Required),
            "none" => new ToolChoice(ToolChoiceKind.None),
            "tool" => new ToolChoice(ToolChoiceKind.Named, choice.Text("name")),
            _ => new ToolChoice(ToolChoiceKind.Auto),
        };
        if (choice.Flag("disable_parallel_tool_use") is { } disabled) request.ParallelToolCalls = !disabled;
    }

    /// <summary>
    /// A budget of thinking tokens becomes an effort, coarser but the only measure the other side has. Adaptive thinking is what reasoning models do
    /// by themselves.
    /// </summary>
    private static void ReadThinking(JsonElement thinking, ChatRequest request)
    {
        if (thinking.Text("type") == "enabled")
        {
            request.ReasoningEffort ??= thinking.Number("budget_tokens") switch { < 2_048 => "low", < 8_192 => "medium", _ => "high" };
        }
    }

    private static void ReadOutputConfig(JsonElement config, ChatRequest request)
    {
        if (config.ValueKind != JsonValueKind.Object) return;
        foreach (var field in config.EnumerateObject())
        {
            if (field.Name == "effort") request.ReasoningEffort = config.Text("effort") is "max" ? "xhigh" : config.Text("effort");
            else if (field.Name == "format" && field.Value.Member("schema") is { } schema) request.ResponseFormat = new ResponseFormat(schema, null, true);
            else request.Drop($"output_config.{field.Name}");
        }
    }
}
