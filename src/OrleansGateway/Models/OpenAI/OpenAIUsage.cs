using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>OpenAI's <c>CompletionUsage</c>: cached and cache-written tokens are counted into <c>prompt_tokens</c>.</summary>
internal static class OpenAIUsage
{
    /// <summary>
    /// Reads a usage object of any of its endpoints: Chat and Embeddings say <c>prompt_tokens</c> and <c>completion_tokens</c>, all later ones <c>input_tokens</c> and
    /// <c>output_tokens</c>, and Realtime details of a <c>token</c>.
    /// </summary>
    public static TokenUsage Read(JsonElement usage)
    {
        var input = usage.Member("prompt_tokens_details") ?? usage.Member("input_tokens_details") ?? usage.Member("input_token_details") ?? default;
        var output = usage.Member("completion_tokens_details") ?? usage.Member("output_tokens_details") ?? usage.Member("output_token_details") ?? default;
        var cached = input.Member("cached_tokens_details") ?? default;
        var (read, written) = (CacheRead(usage, input), input.Number("cache_write_tokens"));
        var written1h = input.Member("cache_creation")?.Number("ephemeral_1h_input_tokens") ?? 0;
        var (audio, audioRead) = (input.Number("audio_tokens"), cached.Number("audio_tokens"));
        var (image, imageRead) = (input.Number("image_tokens") + input.Number("video_tokens"), cached.Number("image_tokens"));
        var prompt = usage.Member("prompt_tokens") is null ? usage.Number("input_tokens") : usage.Number("prompt_tokens");
        var (completion, reasoning) = Output(usage, output, prompt);
        // OpenRouter tells some tokens of Gemini as written and as read at once: it is as read ones that they were put in.
        if (read + written > prompt && read <= prompt) (written, written1h) = (0, 0);
        return new TokenUsage
        {
            // A server that counts cached tokens apart would make this negative; then its count of the rest stands.
            Input = prompt - read - written is >= 0 and var rest ? rest : prompt,
            CacheRead = read,
            CacheWrite = Math.Max(0, written - written1h),
            CacheWrite1h = written1h,
            Output = completion,
            Reasoning = reasoning,
            AudioInput = Math.Max(0, audio - audioRead),
            ImageInput = Math.Max(0, image - imageRead),
            AudioCacheRead = audioRead,
            ImageCacheRead = imageRead,
            AudioOutput = output.Number("audio_tokens"),
            ImageOutput = output.Number("image_tokens"),
            WebSearches = usage.Member("server_side_tool_usage_details")?.Number("web_search_calls") ?? 0,
        };
    }

    // Moonshot and DeepSeek have names of their own for it, beside OpenAI's or alone. Mistral's num_cached_tokens is not billed otherwise, and is none.
    private static long CacheRead(JsonElement usage, JsonElement input)
    {
        if (input.Member("cached_tokens") is not null) return input.Number("cached_tokens");
        if (usage.Member("cached_tokens") is not null) return usage.Number("cached_tokens");
        return usage.Number("prompt_cache_hit_tokens");
    }

    // xAI counts reasoning apart from what it puts out, and so does Gemini behind OpenAI's API, which does not even name it: only the total holds all. Both bill it as output.
    private static (long Output, long Reasoning) Output(JsonElement usage, JsonElement details, long prompt)
    {
        var (completion, reasoning) = (usage.Member("completion_tokens") is null ? usage.Number("output_tokens") : usage.Number("completion_tokens"), details.Number("reasoning_tokens"));
        var apart = usage.Number("total_tokens") - prompt - completion;
        return apart > 0 && (reasoning == apart || reasoning == 0) ? (completion + apart, apart) : (completion, reasoning);
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
