using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// A chat request in no provider's words: what every dialect is read into and written from, so that n + m translators serve n × m pairs.
/// Numbers stay the JSON that came, so none is rounded. What no dialect but one knows stands in <see cref="Extensions"/> and travels on as it is.
/// </summary>
internal sealed class ChatRequest
{
    public List<ChatMessage> Messages { get; } = [];
    public List<ChatTool> Tools { get; } = [];
    public ToolChoice? ToolChoice { get; set; }
    public bool? ParallelToolCalls { get; set; }

    /// <summary>Most output tokens: what the client states, but no more than <see cref="OutputTokensCap"/>.</summary>
    public long? MaxOutputTokens
    {
        get => OutputTokensCap is { } cap ? Math.Min(field ?? cap, cap) : field;
        set;
    }

    /// <summary>Most output tokens that the call may use; none if nothing limits it.</summary>
    public long? OutputTokensCap { get; set; }

    public JsonElement? Temperature { get; set; }
    public JsonElement? TopP { get; set; }
    public List<string> Stop { get; } = [];
    public bool Stream { get; set; }

    /// <summary>Whether the client of a stream wants its usage (OpenAI; Anthropic's streams always carry it).</summary>
    public bool IncludeUsage { get; set; }

    public ResponseFormat? ResponseFormat { get; set; }

    /// <summary>How hard to think, in OpenAI's words: <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c>.</summary>
    public string? ReasoningEffort { get; set; }

    /// <summary>The client's own id of its user, for the provider's abuse detection.</summary>
    public string? EndUser { get; set; }

    /// <summary>Fields with no counterpart that another dialect may know; they travel on under their own names.</summary>
    public List<KeyValuePair<string, JsonElement>> Extensions { get; } = [];

    /// <summary>Fields that were left out because the other dialect has no counterpart and they only advise; named to the client in a header.</summary>
    public IReadOnlyCollection<string> Dropped => _dropped;

    private readonly SortedSet<string> _dropped = new(StringComparer.Ordinal);

    public void Drop(string name) => _dropped.Add(name);

    /// <summary>
    /// Refuses a field that the client's API does not have but the target's does and that is written from the canonical request: the provider would get
    /// it twice, and might heed the one that nobody checked.
    /// </summary>
    public Refusal? RefuseExtensions(IReadOnlySet<string> own)
    {
        var name = Extensions.Find(e => own.Contains(e.Key)).Key;
        return name is null ? null : Refusal.BadRequest("unknown_field", $"The field '{name}' is not one of this API; it cannot be passed on.", name);
    }

    /// <summary>Reads the most output tokens from a field of either dialect.</summary>
    public Refusal? ReadMaxOutputTokens(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var tokens) || tokens < 1)
            return Refusal.BadRequest("invalid_field", $"The field '{name}' must be a whole number from 1.", name);
        MaxOutputTokens = tokens;
        return null;
    }
}

internal enum ChatRole
{
    System,
    User,
    Assistant,
}

internal sealed record ChatMessage(ChatRole Role, List<ContentPart> Parts);

/// <summary>A piece of a message.</summary>
internal abstract record ContentPart
{
    internal sealed record Text(string Value, JsonElement? CacheControl = null) : ContentPart;

    /// <summary>An image, by address or as base64 with its media type.</summary>
    internal sealed record Image(string? Url, string? MediaType, string? Base64) : ContentPart;

    /// <summary>A document, by address or as base64 with its media type.</summary>
    internal sealed record Document(string? Url, string? MediaType, string? Base64, string? Name) : ContentPart;

    /// <summary>A tool call of the assistant; its arguments are JSON in a string, which a model may get wrong.</summary>
    internal sealed record ToolCall(string Id, string Name, string Arguments) : ContentPart;

    internal sealed record ToolResult(string CallId, List<ContentPart> Parts, bool IsError) : ContentPart;

    /// <summary>What the model thought; the signature lets Anthropic take it back.</summary>
    internal sealed record Reasoning(string Value, string? Signature) : ContentPart;

    internal sealed record RedactedReasoning(string Data) : ContentPart;

    internal sealed record Refused(string Value) : ContentPart;

    /// <summary>A piece only one dialect knows; it travels on as it is, and the provider says what it makes of it.</summary>
    internal sealed record Raw(JsonElement Json) : ContentPart;
}

/// <summary>A tool the model may call. <c>Raw</c> alone is set for tools only one dialect knows (web search …).</summary>
internal sealed record ChatTool
{
    public string Name { get; init; } = "";
    public string? Description { get; init; }

    /// <summary>JSON Schema of the arguments; none for a tool without any.</summary>
    public JsonElement? Parameters { get; init; }

    public bool? Strict { get; init; }

    /// <summary>Further fields of the tool.</summary>
    public List<KeyValuePair<string, JsonElement>> Extensions { get; } = [];

    public JsonElement? Raw { get; init; }
}

internal enum ToolChoiceKind
{
    Auto,
    None,

    /// <summary>Some tool must be called.</summary>
    Required,

    /// <summary>The named tool must be called.</summary>
    Named,
}

internal sealed record ToolChoice(ToolChoiceKind Kind, string? Name = null);

/// <summary>A demand on the shape of the answer: any JSON object, or JSON of a schema.</summary>
internal sealed record ResponseFormat(JsonElement? Schema, string? Name, bool? Strict);
