using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Anthropic's <c>usage</c>: tokens read from and written to the cache are counted apart from <c>input_tokens</c>.</summary>
internal static class AnthropicUsage
{
    /// <summary>
    /// Reads a usage object over what is known so far: the events of a stream repeat some counts and leave others out, and each that is there is the
    /// total up to then.
    /// </summary>
    public static TokenUsage Read(JsonElement usage, TokenUsage known)
    {
        var creation = usage.Member("cache_creation");
        var written1h = creation?.Number("ephemeral_1h_input_tokens") ?? known.CacheWrite1h;
        var written = usage.Member("cache_creation_input_tokens") is null ? known.CacheWrite + known.CacheWrite1h : usage.Number("cache_creation_input_tokens");
        return Compaction(usage, known with
        {
            Input = usage.Member("input_tokens") is null ? known.Input : usage.Number("input_tokens"),
            CacheRead = usage.Member("cache_read_input_tokens") is null ? known.CacheRead : usage.Number("cache_read_input_tokens"),
            CacheWrite = Math.Max(0, written - written1h),
            CacheWrite1h = written1h,
            Output = usage.Member("output_tokens") is null ? known.Output : usage.Number("output_tokens"),
            Reasoning = usage.Member("output_tokens_details")?.Number("thinking_tokens") ?? known.Reasoning,
            WebSearches = usage.Member("server_tool_use")?.Number("web_search_requests") ?? known.WebSearches,
        });
    }

    // What compacting the conversation took is billed, and stands only beside the totals. What an advisor took is another model's: it has a price of its own and is not counted here.
    private static TokenUsage Compaction(JsonElement usage, TokenUsage total)
    {
        if (usage.Member("input_tokens") is null) return total;
        foreach (var iteration in usage.Items("iterations"))
        {
            if (iteration.Text("type") != "compaction") continue;
            var part = Read(iteration, default);
            total = total with
            {
                Input = total.Input + part.Input,
                CacheRead = total.CacheRead + part.CacheRead,
                CacheWrite = total.CacheWrite + part.CacheWrite,
                CacheWrite1h = total.CacheWrite1h + part.CacheWrite1h,
                Output = total.Output + part.Output,
            };
        }

        return total;
    }

    public static void Write(TokenUsage usage, Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", usage.Input);
        json.WriteNumber("cache_creation_input_tokens", usage.CacheWrite + usage.CacheWrite1h);
        json.WriteNumber("cache_read_input_tokens", usage.CacheRead);
        json.WriteStartObject("cache_creation");
        json.WriteNumber("ephemeral_5m_input_tokens", usage.CacheWrite);
        json.WriteNumber("ephemeral_1h_input_tokens", usage.CacheWrite1h);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", usage.Output);
        if (usage.Reasoning > 0)
        {
            json.WriteStartObject("output_tokens_details");
            json.WriteNumber("thinking_tokens", usage.Reasoning);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
