using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models.Anthropic;
using OrleansGateway.Models.Bedrock;
using OrleansGateway.Models.Cohere;
using OrleansGateway.Models.Gemini;
using OrleansGateway.Models.OpenAI;

namespace OrleansGateway.Models;

/// <summary>How a provider tells usage.</summary>
internal enum UsageFlavor
{
    /// <summary>Chat Completions, Responses, Embeddings, Images and Realtime of OpenAI; and all who follow it: Azure, Groq, Mistral, DeepSeek, xAI, OpenRouter …</summary>
    OpenAI,

    /// <summary>Anthropic's Messages.</summary>
    Anthropic,

    /// <summary>Gemini's API and Vertex AI.</summary>
    Gemini,

    /// <summary>Bedrock's Converse and InvokeModel.</summary>
    Bedrock,

    /// <summary>Cohere's chat, embed and rerank.</summary>
    Cohere,
}

/// <summary>Finds what a provider says of usage, in an answer or in an event of its stream, and reads it into classes: each token in exactly one of those of input.</summary>
internal static class ReportedUsage
{
    /// <summary>The usage up to here; <paramref name="known"/> if the body says nothing of it.</summary>
    /// <param name="flavor">How the provider tells it.</param>
    /// <param name="body">An answer, or the data of an event.</param>
    /// <param name="known">What earlier events have said.</param>
    public static TokenUsage? Read(UsageFlavor flavor, JsonElement body, TokenUsage? known = null) => flavor switch
    {
        UsageFlavor.OpenAI => OfOpenAI(body) ?? known,
        UsageFlavor.Anthropic => Object(body.Member("usage") ?? body.Member("message")?.Member("usage")) is { } usage ? AnthropicUsage.Read(usage, known ?? default) : known,
        UsageFlavor.Gemini => Object(body.Member("usageMetadata")) is { } usage ? GeminiUsage.Read(usage) : known,
        UsageFlavor.Bedrock => BedrockUsage.Read(body, known ?? default) ?? known,
        _ => Object(body.Member("usage") ?? body.Member("meta") ?? body.Member("delta")?.Member("usage")) is { } usage ? CohereUsage.Read(usage) : known,
    };

    /// <summary>Service tier that the body says the call was served at, as prices name it; none if it does not say.</summary>
    public static string? ServiceTier(UsageFlavor flavor, JsonElement body) => flavor switch
    {
        UsageFlavor.OpenAI => body.Text("service_tier") ?? body.Member("response")?.Text("service_tier"),
        UsageFlavor.Anthropic => (body.Member("usage") ?? body.Member("message")?.Member("usage"))?.Text("service_tier"),
        UsageFlavor.Gemini => body.Member("usageMetadata")?.Text("serviceTier")?.ToLowerInvariant(),
        UsageFlavor.Bedrock => (body.Member("serviceTier") ?? body.Member("metadata")?.Member("serviceTier"))?.Text("type"),
        _ => null,
    };

    private static TokenUsage? OfOpenAI(JsonElement body)
    {
        var response = body.Member("response") ?? body;
        if (Object(response.Member("usage") ?? body.Member("x_groq")?.Member("usage")) is not { } usage) return null;
        // Responses bill each search, and count them nowhere but in what was put out.
        var searches = response.Items("output").Count(o => o.Text("type") == "web_search_call");
        var read = OpenAIUsage.Read(usage);
        return read with { WebSearches = Math.Max(read.WebSearches, searches) };
    }

    private static JsonElement? Object(JsonElement? json) => json is { ValueKind: JsonValueKind.Object } ? json : null;
}
