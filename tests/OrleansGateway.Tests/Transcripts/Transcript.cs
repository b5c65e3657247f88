using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Transcripts;

/// <summary>One exchange as it was recorded between a client and a real provider.</summary>
/// <param name="Id">Names it in a test's failure and in lists of known differences.</param>
/// <param name="Provider">Who answered: <c>openai</c>, <c>anthropic</c>, <c>groq</c> …</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query at the provider.</param>
/// <param name="Request">Body of the request: JSON, or empty.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Of the answer; none if it named none.</param>
/// <param name="Response">Body of the answer: JSON as recorded, the bytes of a stream, or what else came.</param>
internal sealed record Transcript(
    string Id, string Provider, string Method, string Path, byte[] Request, int Status, string? ContentType, byte[] Response)
{
    /// <summary>Path without its query.</summary>
    public string PathOnly => Path.Split('?')[0];

    public bool IsStream => ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true;

    public override string ToString() => $"{Provider} {Id}";

    /// <summary>Reads one line of a transcript file.</summary>
    public static Transcript Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new Transcript(
            root.GetProperty("id").GetString()!,
            root.GetProperty("provider").GetString()!,
            root.GetProperty("method").GetString()!,
            // What follows a '#' tells recordings of one path apart; it was never sent.
            root.GetProperty("path").GetString()!.Split('#')[0],
            root.TryGetProperty("request", out var request) && request.ValueKind != JsonValueKind.Null ? Raw(request) : [],
            root.GetProperty("status").GetInt32(),
            root.TryGetProperty("content_type", out var type) ? type.GetString() : null,
            Body(root));
    }

    private static byte[] Body(JsonElement root) => root switch
    {
        _ when root.TryGetProperty("response_base64", out var base64) => base64.GetBytesFromBase64(),
        _ when !root.TryGetProperty("response", out var body) => [],
        _ => root.GetProperty("response") switch
        {
            { ValueKind: JsonValueKind.String } text => Encoding.UTF8.GetBytes(text.GetString()!),
            { ValueKind: JsonValueKind.Null } => [],
            var json => Raw(json),
        },
    };

    private static byte[] Raw(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).ToArray();
}
