using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Gemini;

/// <summary>
/// Gemini's <c>usageMetadata</c>, on its own API and on Vertex AI: cached tokens are counted into <c>promptTokenCount</c>, those of tools and thoughts apart. Modalities are told by
/// lists beside each count.
/// </summary>
internal static class GeminiUsage
{
    public static TokenUsage Read(JsonElement usage)
    {
        var (prompt, cached, tools) = (usage.Number("promptTokenCount"), usage.Number("cachedContentTokenCount"), usage.Number("toolUsePromptTokenCount"));
        var thoughts = usage.Number("thoughtsTokenCount");
        var inputs = Of(usage, "promptTokensDetails") + Of(usage, "promptTokenDetails") + Of(usage, "toolUsePromptTokensDetails");
        var caches = Of(usage, "cacheTokensDetails");
        var outputs = Of(usage, "candidatesTokensDetails") + Of(usage, "responseTokensDetails");
        return new TokenUsage
        {
            Input = Math.Max(0, prompt - cached) + tools,
            CacheRead = cached,
            AudioInput = Math.Max(0, inputs.Audio - caches.Audio),
            ImageInput = Math.Max(0, inputs.Image - caches.Image),
            AudioCacheRead = caches.Audio,
            ImageCacheRead = caches.Image,
            Output = usage.Number("candidatesTokenCount") + usage.Number("responseTokenCount") + thoughts,
            Reasoning = thoughts,
            AudioOutput = outputs.Audio,
            ImageOutput = outputs.Image,
        };
    }

    private static Modalities Of(JsonElement usage, string list)
    {
        var sum = new Modalities(0, 0);
        foreach (var entry in usage.Items(list))
        {
            var tokens = entry.Number("tokenCount");
            sum += entry.Text("modality") switch
            {
                "AUDIO" => new Modalities(tokens, 0),
                // A document's pages are images to the model, and billed so.
                "IMAGE" or "VIDEO" or "DOCUMENT" => new Modalities(0, tokens),
                _ => default,
            };
        }

        return sum;
    }

    private readonly record struct Modalities(long Audio, long Image)
    {
        public static Modalities operator +(Modalities one, Modalities other) => new(one.Audio + other.Audio, one.Image + other.Image);
    }
}
