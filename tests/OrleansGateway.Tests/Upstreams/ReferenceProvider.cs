using System.Collections.Concurrent;
using System.Text.Json;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>
/// Answers as OpenAI and Anthropic do, for the models of tests/sdk/README.md: the handler of a mock upstream that SDKs can talk to directly, or
/// through a gateway. Deterministic; <c>slow</c> says one word and then waits to be aborted, so no test waits for time to pass.
/// </summary>
internal sealed class ReferenceProvider
{
    /// <summary>A key it refuses; it takes any other, and none.</summary>
    public const string WrongKey = "wrong-key";

    /// <summary>Text of every answer: quotes, line ends and characters of several bytes included, for it is split at any byte.</summary>
    public const string Text = "Grüße, \"whole\" wide 🌍!\nSecond line.";

    /// <summary>Largest body it takes, in bytes: what the programs assume when BODY_MAX is not given.</summary>
    public const int BodyBytesMax = 1 << 20;

    /// <summary>
    /// Models it lists; <c>status-NNN</c> fails with that status. <c>broken-stream</c> and <c>error-stream</c> report an error in mid-stream, as a
    /// gateway must and a provider may; <c>cut-stream</c> just breaks off, as a provider does.
    /// </summary>
    public static readonly string[] Models =
        ["chat", "tools", "structured", "embed", "flaky", "limited", "slow", "broken-stream", "error-stream", "cut-stream"];

    private readonly ConcurrentDictionary<string, int> _asked = new();

    public Answer Handle(ReceivedRequest request)
    {
        IReferenceDialect dialect = request.Headers.ContainsKey("anthropic-version") ? ReferenceAnthropic.Dialect : ReferenceOpenAI.Dialect;
        var answer = Route(dialect, request);
        return answer.With("x-request-id", "req_reference").With("request-id", "req_reference");
    }

    private Answer Route(IReferenceDialect dialect, ReceivedRequest request)
    {
        if (KeyOf(request) == WrongKey) return dialect.Error(401, "invalid_api_key");
        if (request.Body.Length > BodyBytesMax) return dialect.Error(413, "request_too_large");
        var path = request.Path.Split('?')[0];
        if (request.Method == "GET") return List(dialect, path);

        var body = request.Json();
        if (Refused(dialect, body) is { } refused) return refused;
        return path switch
        {
            "/v1/embeddings" => ReferenceOpenAI.Embeddings(body),
            "/v1/messages/count_tokens" => Answer.Json("""{"input_tokens":7}"""),
            "/v1/chat/completions" or "/v1/messages" when ModelOf(body) == "slow" => Slow(dialect, body),
            "/v1/chat/completions" or "/v1/messages" => dialect.Chat(body),
            _ => dialect.Error(404, "not_found"),
        };
    }

    private static Answer List(IReferenceDialect dialect, string path)
    {
        if (path == "/v1/models") return dialect.ModelList(Models);
        var model = path["/v1/models/".Length..];
        return Models.Contains(model) ? Answer.Json(dialect.ModelCard(model)) : dialect.Error(404, "model_not_found");
    }

    private Answer? Refused(IReferenceDialect dialect, JsonElement body)
    {
        var model = ModelOf(body);
        var faulty = body.TryGetProperty("messages", out var messages) && messages.ValueKind != JsonValueKind.Array;
        if (faulty) return dialect.Error(400, "invalid_type", "messages");
        if (model == "forbidden") return dialect.Error(403, "model_not_allowed");
        if (model.Split('-') is ["status", var status]) return dialect.Error(int.Parse(status, CultureInfo.InvariantCulture), "as_asked");
        if (!Models.Contains(model)) return dialect.Error(404, "model_not_found");
        var failing = model is "flaky" or "limited" && _asked.AddOrUpdate(model, 1, (_, count) => count + 1) % 2 == 0;
        return (failing, model) switch
        {
            (false, _) => null,
            (_, "flaky") => dialect.Error(500, "flaky"),
            _ => dialect.Error(429, "limited").With("retry-after", "1"),
        };
    }

    private static Answer Slow(IReferenceDialect dialect, JsonElement body)
    {
        if (!IsStream(body)) return Answer.Silence;
        return dialect.Chat(body).EndAfter(dialect.ChunksToFirstWord, AnswerEnd.Stall);
    }

    public static string ModelOf(JsonElement body) => body.GetProperty("model").GetString()!;

    public static bool IsStream(JsonElement body) => body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;

    /// <summary>The tool a request is answered with: the chosen one, else the first, and only to a user's own words.</summary>
    public static string? ToolFor(JsonElement body, Func<JsonElement, string> nameOf, Func<JsonElement, string?> chosenIn)
    {
        if (!body.TryGetProperty("tools", out var tools) || tools.GetArrayLength() == 0) return null;
        return body.TryGetProperty("tool_choice", out var choice) && chosenIn(choice) is { } chosen ? chosen : nameOf(tools[0]);
    }

    /// <summary>Arguments that satisfy the programs' tool. For another, such as a translator makes of a wanted schema, the value that satisfies it.</summary>
    public static string ArgumentsOf(string tool) => tool == "get_weather" ? """{"city":"Paris"}""" : Person;

    /// <summary>A value that satisfies every schema the programs and SDK tests ask for.</summary>
    public const string Person = """{"name":"Ada","age":36,"tags":["x"],"kind":"human"}""";

    private static string? KeyOf(ReceivedRequest request) =>
        request.Headers.TryGetValue("x-api-key", out var key) ? key
        : request.Headers.TryGetValue("authorization", out var bearer) ? bearer["Bearer ".Length..]
        : null;
}

/// <summary>How the reference provider says things in one of the two APIs.</summary>
internal interface IReferenceDialect
{
    /// <summary>Chunks of a stream up to and with the first word of text.</summary>
    int ChunksToFirstWord { get; }

    Answer Chat(JsonElement body);

    Answer Error(int status, string code, string? param = null);

    Answer ModelList(IReadOnlyList<string> models);

    string ModelCard(string model);
}
