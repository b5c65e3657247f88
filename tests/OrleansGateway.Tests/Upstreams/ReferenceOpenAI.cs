using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>The reference provider's answers in OpenAI's API.</summary>
internal sealed class ReferenceOpenAI : IReferenceDialect
{
    private const string Usage = """{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}""";

    private const string BrokeOff =
        """data: {"error":{"message":"Broke off.","type":"server_error","param":null,"code":"upstream_error"}}""" + "\n\n";

    public static readonly ReferenceOpenAI Dialect = new();

    // The role comes in a chunk of its own.
    public int ChunksToFirstWord => 2;

    public Answer Chat(JsonElement body)
    {
        var tool = LastRole(body) == "user" ? ReferenceProvider.ToolFor(body, NameOf, Chosen) : null;
        var text = body.TryGetProperty("response_format", out var format) && format.GetProperty("type").GetString() == "json_schema"
            ? ReferenceProvider.Person
            : ReferenceProvider.Text;
        return ReferenceProvider.IsStream(body) ? Stream(body, tool, text) : Answer.Json(Completion(body, tool, text));
    }

    public Answer Error(int status, string code, string? param = null)
    {
        var type = status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
        return Answer.Json($$$"""{"error":{"message":"Refused: {{{code}}}.","type":"{{{type}}}","param":{{{Quoted(param)}}},"code":"{{{code}}}"}}""", status);
    }

    public Answer ModelList(IReadOnlyList<string> models) => Answer.Json($$"""{"object":"list","data":[{{string.Join(',', models.Select(ModelCard))}}]}""");

    public string ModelCard(string model) => $$"""{"id":{{Quoted(model)}},"object":"model","created":1700000000,"owned_by":"reference"}""";

    /// <summary>Vectors made of the texts' lengths, 16 numbers long unless asked otherwise.</summary>
    public static Answer Embeddings(JsonElement body)
    {
        var input = body.GetProperty("input");
        string[] texts = input.ValueKind == JsonValueKind.String ? [input.GetString()!] : [.. input.EnumerateArray().Select(text => text.GetString()!)];
        var length = body.TryGetProperty("dimensions", out var dimensions) ? dimensions.GetInt32() : 16;
        var base64 = body.TryGetProperty("encoding_format", out var format) && format.GetString() == "base64";
        var data = texts.Select((text, index) => $$"""{"object":"embedding","index":{{index}},"embedding":{{Vector(text.Length, length, base64)}}}""");
        return Answer.Json($$$"""
            {"object":"list","model":{{{Quoted(ReferenceProvider.ModelOf(body))}}},"data":[{{{string.Join(',', data)}}}],"usage":{"prompt_tokens":4,"total_tokens":4}}
            """);
    }

    private static string Vector(int seed, int length, bool base64)
    {
        float[] numbers = [.. Enumerable.Range(0, length).Select(at => MathF.Sin(seed + at))];
        return base64 ? Quoted(Convert.ToBase64String(MemoryMarshal.AsBytes<float>(numbers))) : JsonSerializer.Serialize(numbers);
    }

    private static string Completion(JsonElement body, string? tool, string text)
    {
        var message = tool is null
            ? $$"""{"role":"assistant","content":{{Quoted(text)}},"refusal":null}"""
            : $$"""{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_1","type":"function","function":{{Function(tool)}} }]}""";
        var finish = tool is null ? "stop" : "tool_calls";
        return $$"""
            {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":{{Quoted(ReferenceProvider.ModelOf(body))}},
             "choices":[{"index":0,"message":{{message}},"logprobs":null,"finish_reason":"{{finish}}"}],"usage":{{Usage}}}
            """;
    }

    private static Answer Stream(JsonElement body, string? tool, string text)
    {
        string[] deltas = tool is null ? [.. text.Split(' ').Select(TextDelta)] : [.. ToolDeltas(tool)];
        string[] chunks = ["""{"role":"assistant","content":""}""", .. deltas];
        var events = chunks.Select(delta => Event(body, Choice(delta, "null"))).Append(Event(body, Choice("{}", tool is null ? "\"stop\"" : "\"tool_calls\"")));
        var asked = body.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var include) && include.GetBoolean();
        var ended = (asked ? events.Append(Event(body, "", Usage)) : events).Append("data: [DONE]\n\n");
        return ReferenceProvider.ModelOf(body) switch
        {
            "cut-stream" => Answer.Stream(ended).EndAfter(3, AnswerEnd.Cut),
            "broken-stream" or "error-stream" => Answer.Stream([.. ended.Take(3), BrokeOff]),
            _ => Answer.Stream(ended),
        };

        string TextDelta(string word, int at) => $$"""{"content":{{Quoted(at == 0 ? word : " " + word)}}}""";
    }

    private static IEnumerable<string> ToolDeltas(string tool)
    {
        yield return $$$"""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":{{{Quoted(tool)}}},"arguments":""}}]}""";
        foreach (var part in ReferenceProvider.ArgumentsOf(tool).Chunk(4))
            yield return $$$"""{"tool_calls":[{"index":0,"function":{"arguments":{{{Quoted(new string(part))}}}}}]}""";
    }

    private static string Choice(string delta, string finish) => $$"""{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{finish}}}""";

    private static string Event(JsonElement body, string choice, string usage = "null")
    {
        var model = Quoted(ReferenceProvider.ModelOf(body));
        var head = $""" "id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":{model}""";
        return $$"""data: {{{head}},"choices":[{{choice}}],"usage":{{usage}}}""" + "\n\n";
    }

    private static string Function(string tool) => JsonSerializer.Serialize(new { name = tool, arguments = ReferenceProvider.ArgumentsOf(tool) });

    private static string NameOf(JsonElement tool) => tool.GetProperty("function").GetProperty("name").GetString()!;

    private static string? Chosen(JsonElement choice) =>
        choice.ValueKind == JsonValueKind.Object ? choice.GetProperty("function").GetProperty("name").GetString() : null;

    private static string? LastRole(JsonElement body) => body.GetProperty("messages").EnumerateArray().Last().GetProperty("role").GetString();

    private static string Quoted(string? text) => JsonSerializer.Serialize(text);
}
