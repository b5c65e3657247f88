using System.Collections.Frozen;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>Writes the canonical request as a Chat Completions request.</summary>
internal static class OpenAIRequestWriter
{
    /// <summary>Fields that are written here from the canonical request, or that would change what the answer may cost: none may come in from the side.</summary>
    private static readonly FrozenSet<string> Own = FrozenSet.Create(
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop",
        "response_format", "reasoning_effort", "user", "stream", "stream_options", "n", "best_of", "functions", "function_call", "modalities", "audio");

    public static Refusal? Write(ChatRequest request, Target target, Utf8JsonWriter json)
    {
        if (request.RefuseExtensions(Own) is { } refusal) return refusal;
        NoteWhatIsLost(request);
        json.WriteStartObject();
        json.WriteString("model", target.Model);
        json.WriteStartArray("messages");
        foreach (var message in request.Messages) OpenAIMessageWriter.Write(message, json);
        json.WriteEndArray();
        WriteTools(request, json);
        if (request.MaxOutputTokens is { } tokens) json.WriteNumber(MaxTokensName(target), tokens);
        json.WriteMember("temperature", request.Temperature);
        json.WriteMember("top_p", request.TopP);
        json.WriteTexts("stop", request.Stop);
        if (request.ResponseFormat is { } format) WriteResponseFormat(format, json);
        if (request.ReasoningEffort is { } effort) json.WriteString("reasoning_effort", effort);
        if (request.EndUser is { } user) json.WriteString("user", user);
        if (request.Stream)
        {
            json.WriteBoolean("stream", true);
            if (request.IncludeUsage || target.Provider.Settings.StreamUsage == StreamUsage.Always)
            {
                json.WriteStartObject("stream_options");
                json.WriteBoolean("include_usage", true);
                json.WriteEndObject();
            }
        }

        foreach (var (name, value) in request.Extensions) json.WriteMember(name, value);
        json.WriteEndObject();
        return null;
    }

    private static void NoteWhatIsLost(ChatRequest request)
    {
        var parts = request.Messages.SelectMany(m => m.Parts).ToList();
        if (parts.Exists(p => p is ContentPart.ToolResult { IsError: true })) request.Drop("tool_result.is_error");
        if (parts.Exists(p => p is ContentPart.Text { CacheControl: not null })) request.Drop("cache_control");
    }

    /// <summary>
    /// OpenAI's newer models refuse <c>max_tokens</c>; most servers that follow its API know nothing else.
    /// </summary>
    public static string MaxTokensName(Target target) =>
        new Uri(target.Provider.BaseUrl).Host.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase) ? "max_completion_tokens" : "max_tokens";

    private static void WriteTools(ChatRequest request, Utf8JsonWriter json)
    {
        if (request.Tools.Count > 0)
        {
            json.WriteStartArray("tools");
            foreach (var tool in request.Tools) WriteTool(tool, json);
            json.WriteEndArray();
        }

        if (request.ToolChoice is { } choice) WriteToolChoice(choice, json);
        if (request.ParallelToolCalls is { } parallel) json.WriteBoolean("parallel_tool_calls", parallel);
    }

    private static void WriteTool(ChatTool tool, Utf8JsonWriter json)
    {
        if (tool.Raw is { } raw)
        {
            json.WriteCopy(raw);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", tool.Name);
        if (tool.Description is { } description) json.WriteString("description", description);
        json.WriteMember("parameters", tool.Parameters);
        if (tool.Strict is { } strict) json.WriteBoolean("strict", strict);
        json.WriteEndObject();
        foreach (var (name, value) in tool.Extensions) json.WriteMember(name, value);
        json.WriteEndObject();
    }

    private static void WriteToolChoice(ToolChoice choice, Utf8JsonWriter json)
    {
        if (choice.Kind != ToolChoiceKind.Named)
        {
            json.WriteString("tool_choice", choice.Kind switch { ToolChoiceKind.None => "none", ToolChoiceKind.Required => "required", _ => "auto" });
            return;
        }

        json.WriteStartObject("tool_choice");
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", choice.Name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResponseFormat(ResponseFormat format, Utf8JsonWriter json)
    {
        json.WriteStartObject("response_format");
        json.WriteString("type", format.Schema is null ? "json_object" : "json_schema");
        if (format.Schema is { } schema)
        {
            json.WriteStartObject("json_schema");
            json.WriteString("name", format.Name ?? "answer");
            json.WritePropertyName("schema");
            json.WriteCopy(schema);
            if (format.Strict is { } strict) json.WriteBoolean("strict", strict);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
