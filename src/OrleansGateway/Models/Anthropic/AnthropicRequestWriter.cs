using System.Collections.Frozen;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Writes the canonical request as a Messages request.</summary>
internal static class AnthropicRequestWriter
{
    private const string JsonOnly = "Answer with one JSON object and nothing else.";

    /// <summary>Fields that are written here from the canonical request: none may come in from the side.</summary>
    private static readonly FrozenSet<string> Own = FrozenSet.Create(
        "model", "max_tokens", "system", "messages", "tools", "tool_choice", "temperature", "top_p", "stop_sequences", "output_config", "metadata", "stream");

    public static Refusal? Write(ChatRequest request, Target target, Utf8JsonWriter json)
    {
        if (request.RefuseExtensions(Own) is { } refusal) return refusal;
        json.WriteStartObject();
        json.WriteString("model", target.Model);
        json.WriteNumber("max_tokens", request.MaxOutputTokens ?? target.MaxOutputTokens);
        WriteSystem(request, json);
        AnthropicMessageWriter.Write(request.Messages, json);
        WriteTools(request, json);
        json.WriteMember("temperature", request.Temperature);
        json.WriteMember("top_p", request.TopP);
        json.WriteTexts("stop_sequences", request.Stop);
        WriteOutputConfig(request, json);
        if (request.EndUser is { } user)
        {
            json.WriteStartObject("metadata");
            json.WriteString("user_id", user);
            json.WriteEndObject();
        }

        if (request.Stream) json.WriteBoolean("stream", true);
        foreach (var (name, value) in request.Extensions) json.WriteMember(name, value);
        json.WriteEndObject();
        return null;
    }

    /// <summary>
    /// All system messages, in order: the API has one place for them. A demand for "some JSON object", which the API cannot be told, becomes an
    /// instruction.
    /// </summary>
    private static void WriteSystem(ChatRequest request, Utf8JsonWriter json)
    {
        var parts = request.Messages.Where(m => m.Role == ChatRole.System).SelectMany(m => m.Parts).ToList();
        if (request.ResponseFormat is { Schema: null }) parts.Add(new ContentPart.Text(JsonOnly));
        if (parts.TrueForAll(p => p is ContentPart.Text { Value.Length: 0 })) return;
        json.WriteStartArray("system");
        foreach (var part in parts) AnthropicMessageWriter.WritePart(part, json);
        json.WriteEndArray();
    }

    private static void WriteTools(ChatRequest request, Utf8JsonWriter json)
    {
        if (request.Tools.Count > 0)
        {
            json.WriteStartArray("tools");
            foreach (var tool in request.Tools) WriteTool(tool, json);
            json.WriteEndArray();
        }

        if (request.ToolChoice is null && (request.ParallelToolCalls is null || request.Tools.Count == 0)) return;
        var choice = request.ToolChoice ?? new ToolChoice(ToolChoiceKind.Auto);
        json.WriteStartObject("tool_choice");
        json.WriteString("type", choice.Kind switch
        {
            ToolChoiceKind.None => "none",
            ToolChoiceKind.Required => "any",
            ToolChoiceKind.Named => "tool",
            _ => "auto",
        });
        if (choice.Name is { } name) json.WriteString("name", name);
        if (request.ParallelToolCalls is { } parallel && choice.Kind != ToolChoiceKind.None) json.WriteBoolean("disable_parallel_tool_use", !parallel);
        json.WriteEndObject();
    }

    private static void WriteTool(ChatTool tool, Utf8JsonWriter json)
    {
        if (tool.Raw is { } raw)
        {
            json.WriteCopy(raw);
            return;
        }

        json.WriteStartObject();
        json.WriteString("name", tool.Name);
        if (tool.Description is { } description) json.WriteString("description", description);
        if (tool.Parameters is { } parameters)
        {
            json.WriteMember("input_schema", parameters);
        }
        else
        {
            json.WriteStartObject("input_schema");
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (tool.Strict is { } strict) json.WriteBoolean("strict", strict);
        foreach (var (name, value) in tool.Extensions) json.WriteMember(name, value);
        json.WriteEndObject();
    }

    private static void WriteOutputConfig(ChatRequest request, Utf8JsonWriter json)
    {
        var effort = request.ReasoningEffort switch { "minimal" => "low", "none" => null, var other => other };
        if (effort is null && request.ResponseFormat?.Schema is null) return;
        json.WriteStartObject("output_config");
        if (effort is not null) json.WriteString("effort", effort);
        if (request.ResponseFormat?.Schema is { } schema)
        {
            json.WriteStartObject("format");
            json.WriteString("type", "json_schema");
            json.WriteMember("schema", schema);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
