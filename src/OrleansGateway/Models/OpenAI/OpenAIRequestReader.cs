using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>Reads a Chat Completions request (OpenAI API reference, "Create chat completion") into the canonical one.</summary>
internal static class OpenAIRequestReader
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
            case "messages": return OpenAIMessageReader.Read(value, request);
            case "tools": ReadTools(value, request.Tools); return null;
            case "tool_choice": return ReadToolChoice(value, request);
            case "parallel_tool_calls": request.ParallelToolCalls = value.ValueKind == JsonValueKind.True; return null;
            case "max_tokens" when request.MaxOutputTokens is null:
            case "max_completion_tokens": return request.ReadMaxOutputTokens(name, value);
            case "max_tokens": return null;
            case "temperature": request.Temperature = value; return null;
            case "top_p": request.TopP = value; return null;
            case "stop": request.Stop.AddRange(value.Texts()); return null;
            case "stream": request.Stream = value.ValueKind == JsonValueKind.True; return null;
            case "stream_options": request.IncludeUsage = value.Flag("include_usage") ?? false; return null;
            case "response_format": return ReadResponseFormat(value, request);
            case "reasoning_effort": request.ReasoningEffort = value.ValueKind == JsonValueKind.String ? value.Text() : null; return null;
            case "user" or "safety_identifier": request.EndUser ??= value.ValueKind == JsonValueKind.String ? value.Text() : null; return null;
            default: return ReadUncommon(name, value, request);
        }
    }

    /// <summary>
    /// Fields that no other dialect has. What would change the shape of the answer is refused, what only advises is left out and named to the client,
    /// and what OpenAI's API does not have either travels on.
    /// </summary>
    private static Refusal? ReadUncommon(string name, JsonElement value, ChatRequest request)
    {
        switch (name)
        {
            case "n": return IsNumber(value, 1) ? null : CannotCarry(name, "asks for several answers");
            case "logprobs": return value.ValueKind == JsonValueKind.False ? null : CannotCarry(name, "asks for log probabilities");
            case "modalities": return IsTextOnly(value) ? null : CannotCarry(name, "asks for more than text");
            case "audio" or "web_search_options": return CannotCarry(name, "asks for what only OpenAI's models do");
            case "functions" or "function_call": return CannotCarry(name, "is deprecated; use 'tools' and 'tool_choice'");
            case "presence_penalty" or "frequency_penalty" when IsNumber(value, 0): return null;
            case "presence_penalty" or "frequency_penalty" or "seed" or "logit_bias" or "top_logprobs" or "store" or "metadata" or "service_tier"
                or "prediction" or "prompt_cache_key" or "prompt_cache_retention" or "prompt_cache_options" or "verbosity" or "moderation":
                request.Drop(name);
                return null;
            default:
                request.Extensions.Add(new(name, value));
                return null;
        }
    }

    private static void ReadTools(JsonElement tools, List<ChatTool> into)
    {
        if (tools.ValueKind != JsonValueKind.Array) return;
        foreach (var tool in tools.EnumerateArray())
        {
            into.Add(tool.Text("type") == "function" && tool.Member("function") is { } function ? ReadFunction(tool, function) : new ChatTool { Raw = tool });
        }
    }

    private static ChatTool ReadFunction(JsonElement tool, JsonElement function)
    {
        var read = new ChatTool
        {
            Name = function.Text("name") ?? "",
            Description = function.Text("description"),
            Parameters = function.Member("parameters"),
            Strict = function.Flag("strict"),
        };
        foreach (var field in tool.EnumerateObject())
        {
            if (field.Name is not ("type" or "function")) read.Extensions.Add(new(field.Name, field.Value));
        }

        return read;
    }

    private static Refusal? ReadToolChoice(JsonElement choice, ChatRequest request)
    {
        if (choice.ValueKind == JsonValueKind.String)
        {
            request.ToolChoice = choice.Text() switch
            {
                "none" => new ToolChoice(ToolChoiceKind.None),
                "required" or "any" => new ToolChoice(ToolChoiceKind.Required),
                _ => new ToolChoice(ToolChoiceKind.Auto),
            };
            return null;
        }

        if (choice.Member("function")?.Text("name") is not { } name) return CannotCarry("tool_choice", "is of a kind that only OpenAI's API has");
        request.ToolChoice = new ToolChoice(ToolChoiceKind.Named, name);
        return null;
    }

    private static Refusal? ReadResponseFormat(JsonElement format, ChatRequest request)
    {
        switch (format.Text("type"))
        {
            case "text":
                return null;
            case "json_object":
                request.ResponseFormat = new ResponseFormat(null, null, null);
                return null;
            case "json_schema" when format.Member("json_schema") is { } wanted && wanted.Member("schema") is { } schema:
                request.ResponseFormat = new ResponseFormat(schema, wanted.Text("name"), wanted.Flag("strict"));
                return null;
            default:
                return Refusal.BadRequest(
                    "invalid_field", "The field 'response_format.type' must be text, json_object, or json_schema with a schema.", "response_format");
        }
    }

    private static bool IsNumber(JsonElement value, decimal number) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var actual) && actual == number;

    private static bool IsTextOnly(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(m => m.ValueKind == JsonValueKind.String && m.ValueEquals("text"));

    private static Refusal CannotCarry(string name, string why) => Refusal.BadRequest(
        "unsupported_parameter", $"The field '{name}' {why}, which cannot be carried to the provider that serves this model.", name);
}
