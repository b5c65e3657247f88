using System.Text.Json;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>The reference provider's answers in Anthropic's API.</summary>
internal sealed class ReferenceAnthropic : IReferenceDialect
{
    /// <summary>Part of every tool use since code execution may call tools; the .NET SDK's validation insists on it.</summary>
    private const string Caller = """ "caller":{"type":"direct"} """;

    public static readonly ReferenceAnthropic Dialect = new();

    // The message and its block are opened first.
    public int ChunksToFirstWord => 3;

    public Answer Chat(JsonElement body)
    {
        var tool = IsToolResult(body) ? null : ReferenceProvider.ToolFor(body, t => t.GetProperty("name").GetString()!, Chosen);
        // Anthropic's word for a wanted schema.
        var structured = body.TryGetProperty("output_config", out var config) && config.TryGetProperty("format", out _);
        var text = structured ? ReferenceProvider.Person : ReferenceProvider.Text;
        return ReferenceProvider.IsStream(body) ? Stream(body, tool, text) : Answer.Json(Message(body, tool, text));
    }

    public Answer Error(int status, string code, string? param = null) => Answer.Json(ErrorBody(TypeOf(status), code), status);

    public Answer ModelList(IReadOnlyList<string> models) => Answer.Json($$"""
        {"data":[{{string.Join(',', models.Select(ModelCard))}}],"has_more":false,"first_id":{{Quoted(models[0])}},"last_id":{{Quoted(models[^1])}}}
        """);

    public string ModelCard(string model) =>
        $$"""{"type":"model","id":{{Quoted(model)}},"display_name":{{Quoted(model)}},"created_at":"2026-01-01T00:00:00Z"}""";

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    private static string ErrorBody(string type, string code) =>
        $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"Refused: {{{code}}}."},"request_id":"req_reference"}""";

    private static string Message(JsonElement body, string? tool, string text)
    {
        var block = tool is null
            ? $$"""{"type":"text","text":{{Quoted(text)}}}"""
            : $$"""{"type":"tool_use","id":"toolu_1","name":{{Quoted(tool)}},"input":{{ReferenceProvider.ArgumentsOf(tool)}},{{Caller}}}""";
        return Head(body, block, $"\"{StopReason(tool)}\"", outputTokens: 5);
    }

    private static string Head(JsonElement body, string content, string stopReason, int outputTokens) => $$$"""
        {"id":"msg_1","type":"message","role":"assistant","model":{{{Quoted(ReferenceProvider.ModelOf(body))}}},"content":[{{{content}}}],
        "stop_reason":{{{stopReason}}},"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":{{{outputTokens}}} } }
        """.ReplaceLineEndings("");

    private static Answer Stream(JsonElement body, string? tool, string text)
    {
        string[] events =
        [
            Event("message_start", $$""","message":{{Head(body, "", "null", outputTokens: 1)}}"""),
            Event("content_block_start", $$""","index":0,"content_block":{{Opening(tool)}}"""),
            .. Deltas(tool, text).Select(delta => Event("content_block_delta", $$""","index":0,"delta":{{delta}}""")),
            Event("content_block_stop", ""","index":0"""),
            Event("message_delta", $$""","delta":{"stop_reason":"{{StopReason(tool)}}","stop_sequence":null},"usage":{"output_tokens":5}"""),
            Event("message_stop", ""),
        ];
        return ReferenceProvider.ModelOf(body) switch
        {
            "cut-stream" => Answer.Stream(events).EndAfter(3, AnswerEnd.Cut),
            "broken-stream" or "error-stream" => Answer.Stream([.. events.Take(3), $"event: error\ndata: {ErrorBody("api_error", "upstream_error")}\n\n"]),
            _ => Answer.Stream(events),
        };
    }

    private static string Opening(string? tool) =>
        tool is null ? """{"type":"text","text":""}""" : $$$"""{"type":"tool_use","id":"toolu_1","name":{{{Quoted(tool)}}},"input":{},{{{Caller}}}}""";

    private static IEnumerable<string> Deltas(string? tool, string text) => tool is null
        ? text.Split(' ').Select((word, at) => $$"""{"type":"text_delta","text":{{Quoted(at == 0 ? word : " " + word)}}}""")
        : ReferenceProvider.ArgumentsOf(tool).Chunk(4).Select(part => $$"""{"type":"input_json_delta","partial_json":{{Quoted(new string(part))}}}""");

    private static string Event(string type, string fields) => $$"""
        event: {{type}}
        data: {"type":"{{type}}"{{fields}}}


        """.ReplaceLineEndings("\n");

    private static string StopReason(string? tool) => tool is null ? "end_turn" : "tool_use";

    private static string? Chosen(JsonElement choice) => choice.TryGetProperty("name", out var name) ? name.GetString() : null;

    private static bool IsToolResult(JsonElement body) =>
        body.GetProperty("messages").EnumerateArray().Last().GetProperty("content") is { ValueKind: JsonValueKind.Array } blocks
        && blocks.EnumerateArray().Any(block => block.GetProperty("type").GetString() == "tool_result");

    private static string Quoted(string? text) => JsonSerializer.Serialize(text);
}
