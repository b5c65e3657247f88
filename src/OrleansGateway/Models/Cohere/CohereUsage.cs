using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Cohere;

/// <summary>Cohere: what counts is <c>billed_units</c>; <c>tokens</c>, with those of its own templates, is not billed.</summary>
internal static class CohereUsage
{
    /// <param name="usage">An answer's <c>usage</c>, or the <c>meta</c> of embeddings and rerankings.</param>
    public static TokenUsage Read(JsonElement usage)
    {
        var billed = usage.Member("billed_units") ?? usage.Member("tokens") ?? default;
        var images = billed.Number("image_tokens");
        return new TokenUsage
        {
            Input = billed.Number("input_tokens") + images,
            ImageInput = images,
            Output = billed.Number("output_tokens"),
            WebSearches = billed.Number("search_units"),
        };
    }
}
