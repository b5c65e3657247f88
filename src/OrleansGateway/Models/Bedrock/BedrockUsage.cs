using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models.Anthropic;
using OrleansGateway.Models.OpenAI;

namespace OrleansGateway.Models.Bedrock;

/// <summary>Amazon Bedrock: Converse counts cached tokens apart from <c>inputTokens</c>; answers of InvokeModel are in the words of the model's maker.</summary>
internal static class BedrockUsage
{
    /// <summary>Reads an answer, or an event of a stream; none if it says nothing of usage.</summary>
    public static TokenUsage? Read(JsonElement body, TokenUsage known)
    {
        if ((body.Member("usage") ?? body.Member("metadata")?.Member("usage") ?? body.Member("message")?.Member("usage")) is { ValueKind: JsonValueKind.Object } usage)
        {
            if (usage.Member("inputTokens") is not null || usage.Member("outputTokens") is not null) return Converse(usage);
            return usage.Member("prompt_tokens") is not null ? OpenAIUsage.Read(usage) : AnthropicUsage.Read(usage, known);
        }

        // Meta's models, then Amazon's Titan.
        if (body.Member("prompt_token_count") is not null) return new TokenUsage { Input = body.Number("prompt_token_count"), Output = body.Number("generation_token_count") };
        if (body.Member("inputTextTokenCount") is null) return null;
        return new TokenUsage { Input = body.Number("inputTextTokenCount"), Output = body.Items("results").Sum(r => r.Number("tokenCount")) };
    }

    private static TokenUsage Converse(JsonElement usage)
    {
        var written = usage.Number("cacheWriteInputTokens");
        var written1h = usage.Items("cacheDetails").Where(d => d.Text("ttl") == "1h").Sum(d => d.Number("inputTokens"));
        return new TokenUsage
        {
            Input = usage.Number("inputTokens"),
            CacheRead = usage.Number("cacheReadInputTokens"),
            CacheWrite = Math.Max(0, written - written1h),
            CacheWrite1h = Math.Min(written, written1h),
            Output = usage.Number("outputTokens"),
        };
    }
}
