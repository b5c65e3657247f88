using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>
/// What a caller says of its request for reports: words in the header <c>x-gateway-tags</c>, separated by commas; names and values in <c>x-gateway-metadata</c>, a JSON object of
/// strings, and in the <c>metadata</c> of the body, as OpenAI's API has it.
/// </summary>
internal sealed class CallLabels(IReadOnlyList<string> tags, IReadOnlyList<KeyValuePair<string, string>> metadata)
{
    public const string TagsHeader = "x-gateway-tags";
    public const string MetadataHeader = "x-gateway-metadata";
    public const int LabelsMax = 16;
    public const int NameCharsMax = 64;
    public const int ValueCharsMax = 512;

    public static readonly CallLabels None = new([], []);

    public IReadOnlyList<string> Tags => tags;

    /// <summary>The request's own, and its key's. The key's count where both have a name: its tenant must not be able to pass for another's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> WithCaller(Caller? caller)
    {
        if (caller is null || caller.Metadata.Count == 0) return metadata;
        return [.. caller.Metadata, .. metadata.Where(m => !caller.Metadata.ContainsKey(m.Key))];
    }

    /// <summary>Reads them, or says what is wrong with the headers. Of the body what is no text is left to the provider.</summary>
    public static Refusal? Read(HttpRequest request, ModelCall call, out CallLabels labels)
    {
        labels = None;
        var metadata = new List<KeyValuePair<string, string>>();
        if (call.Envelope.MetadataAt is var at && !at.Equals(default(Range))) TakeBody(call.Body.Span[at], metadata);
        if (!request.Headers.TryGetValue(TagsHeader, out var tagged) & !request.Headers.TryGetValue(MetadataHeader, out var named))
        {
            if (metadata.Count > 0) labels = new CallLabels([], metadata);
            return null;
        }

        var tags = tagged.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToArray();
        if (tags.Length > LabelsMax || Array.Exists(tags, t => t.Length > NameCharsMax))
            return Refusal.BadRequest("invalid_tags", $"The header {TagsHeader} has more than {LabelsMax} tags, or one of more than {NameCharsMax} characters.");
        if (named.Count > 0 && !TryTakeHeader(named.ToString(), metadata))
        {
            return Refusal.BadRequest(
                "invalid_metadata",
                $"The header {MetadataHeader} must be a JSON object of at most {LabelsMax} strings, names of at most {NameCharsMax} and values of at most {ValueCharsMax} characters.");
        }

        labels = new CallLabels(tags, metadata);
        return null;
    }

    private static void TakeBody(ReadOnlySpan<byte> json, List<KeyValuePair<string, string>> metadata)
    {
        var reader = new Utf8JsonReader(json);
        using var parsed = JsonDocument.ParseValue(ref reader);
        if (parsed.RootElement.ValueKind != JsonValueKind.Object) return;
        try
        {
            foreach (var member in parsed.RootElement.EnumerateObject())
            {
                if (metadata.Count < LabelsMax && TextOf(member) is { } value) metadata.Add(new(member.Name, value));
            }
        }
        catch (InvalidOperationException)
        {
            // A name that escapes half a surrogate pair: the provider's to judge.
        }
    }

    private static bool TryTakeHeader(string text, List<KeyValuePair<string, string>> metadata)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            if (parsed.RootElement.ValueKind != JsonValueKind.Object) return false;
            foreach (var member in parsed.RootElement.EnumerateObject())
            {
                if (TextOf(member) is not { } value) return false;
                metadata.RemoveAll(m => m.Key == member.Name);
                metadata.Add(new(member.Name, value));
            }

            return metadata.Count <= LabelsMax;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string? TextOf(JsonProperty member)
    {
        if (member.Value.ValueKind != JsonValueKind.String || member.Name.Length is 0 or > NameCharsMax) return null;
        var value = member.Value.Text();
        return value.Length <= ValueCharsMax ? value : null;
    }
}
