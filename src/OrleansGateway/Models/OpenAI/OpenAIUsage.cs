using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>OpenAI's <c>CompletionUsage</c>: cached and cache-written tokens are counted into <c>prompt_tokens</c>.</summary>
internal static class OpenAIUsage
{
    public static TokenUsage Read(JsonElement usage)
    {
        var input = usage.Member("prompt_tokens_details") ?? default;
        var output = usage.Member("completion_tokens_details") ?? default;
        var (read, written) = (input.Number("cached_tokens"), input.Number("cache_write_tokens"));
        var written1h = input.Member("cache_creation")?.Number("ephemeral_1h_input_tokens") ?? 0;
        return new TokenUsage
        {
            // A server that counts cached tokens apart would make this negative; then its count of the rest stands.
            Input = usage.Number("prompt_tokens") - read - written is >= 0 and var rest ? rest : usage.Number("prompt_tokens"),
            CacheRead = read,
            CacheWrite = Math.Max(0, written - written1h),
            CacheWrite1h = written1h,
            Output = usage.Number("completion_tokens"),
            Reasoning = output.Number("reasoning_tokens"),
            AudioInput = input.Number("audio_tokens"),
            AudioOutput = output.Number("audio_tokens"),
        };
    }

    public static void Write(string name, TokenUsage usage, Utf8JsonWriter json)
    {
        json.WriteStartObject(name);
        json.WriteNumber("prompt_tokens", usage.TotalInput);
        json.WriteNumber("completion_tokens", usage.Output);
        json.WriteNumber("total_tokens", usage.TotalInput + usage.Output);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", usage.CacheRead);
        json.WriteNumber("cache_write_tokens", usage.CacheWrite + usage.CacheWrite1h);
        if (usage.CacheWrite1h > 0)
        {
            // The 1-hour price is another one, and OpenAI's own fields cannot tell it.
            json.WriteStartObject("cache_creation");
            json.WriteNumber("ephemeral_5m_input_tokens", usage.CacheWrite);
            json.WriteNumber("ephemeral_1h_input_tokens", usage.CacheWrite1h);
            json.WriteEndObject();
        }

        json.WriteNumber("audio_tokens", usage.AudioInput);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", usage.Reasoning);
        json.WriteNumber("audio_tokens", usage.AudioOutput);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
