using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Usage;

/// <summary>Writes a record as receivers of <c>usage.recorded</c> read it: what is none or zero is left out. Money is nano-dollars, times are milliseconds.</summary>
internal static class UsageEventJson
{
    public static void Write(Utf8JsonWriter json, UsageRecord record)
    {
        json.WriteStartObject();
        json.WriteString("id", record.Id);
        json.WriteString("kind", Word(record.Kind));
        if (record.Corrects is { } corrects) json.WriteString("corrects", corrects);
        json.WriteString("at", record.At.UtcDateTime);
        json.WriteString("request_id", record.RequestId);
        json.WriteNumber("attempt", record.Attempt);
        json.WriteBoolean("is_last", record.IsLast);
        Text("tenant", record.Tenant);
        Text("team", record.Team);
        Text("user", record.User);
        Text("key", record.Key);
        Text("route", record.Route);
        Text("operation", record.Operation);
        json.WriteString("dialect", Word(record.Dialect));
        if (record.IsStream) json.WriteBoolean("is_stream", true);
        Text("model", record.Model);
        Text("provider", record.Provider);
        Text("target_model", record.TargetModel);
        Text("response_model", record.ResponseModel);
        Text("upstream_request_id", record.UpstreamRequestId);
        WriteTokens(json, record.Tokens);
        json.WriteString("source", Word(record.Source));
        WriteCost(json, record.Cost);
        Text("price_version", record.PriceVersion);
        Text("service_tier", record.ServiceTier);
        Text("config_version", record.ConfigVersion);
        json.WriteNumber("queued_ms", Milliseconds(record.Queued));
        json.WriteNumber("connected_ms", Milliseconds(record.Connected));
        if (record.ToFirstByte is { } first) json.WriteNumber("first_byte_ms", Milliseconds(first));
        json.WriteNumber("duration_ms", Milliseconds(record.Duration));
        json.WriteNumber("status", record.Status);
        Text("finish_reason", record.FinishReason);
        Text("error", record.Error);
        json.WriteString("outcome", record.Outcome.Word());
        json.WriteString("cache", Word(record.Cache));
        if (record.SavedTokens > 0) json.WriteNumber("saved_tokens", record.SavedTokens);
        if (record.Saved != 0) json.WriteNumber("saved", record.Saved);
        WriteLabels(json, record);
        json.WriteEndObject();

        void Text(string name, string? value)
        {
            if (value is not null) json.WriteString(name, value);
        }
    }

    private static void WriteTokens(Utf8JsonWriter json, in TokenUsage tokens)
    {
        json.WriteStartObject("tokens");
        Count(json, "input", tokens.Input);
        Count(json, "cache_read", tokens.CacheRead);
        Count(json, "cache_write", tokens.CacheWrite);
        Count(json, "cache_write_1h", tokens.CacheWrite1h);
        Count(json, "output", tokens.Output);
        Count(json, "reasoning", tokens.Reasoning);
        Count(json, "audio_input", tokens.AudioInput);
        Count(json, "audio_output", tokens.AudioOutput);
        Count(json, "image_input", tokens.ImageInput);
        Count(json, "image_output", tokens.ImageOutput);
        Count(json, "audio_cache_read", tokens.AudioCacheRead);
        Count(json, "image_cache_read", tokens.ImageCacheRead);
        Count(json, "web_searches", tokens.WebSearches);
        json.WriteEndObject();
    }

    private static void WriteCost(Utf8JsonWriter json, in CostParts cost)
    {
        json.WriteNumber("cost_nano_usd", cost.Total);
        json.WriteStartObject("cost_parts_nano_usd");
        Count(json, "input", cost.Input);
        Count(json, "cache_read", cost.CacheRead);
        Count(json, "cache_write", cost.CacheWrite);
        Count(json, "output", cost.Output);
        Count(json, "reasoning", cost.Reasoning);
        Count(json, "audio", cost.Audio);
        Count(json, "image", cost.Image);
        Count(json, "tools", cost.Tools);
        Count(json, "request", cost.Request);
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, UsageRecord record)
    {
        if (record.Tags.Count > 0)
        {
            json.WriteStartArray("tags");
            foreach (var tag in record.Tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        if (record.Metadata.Count == 0) return;
        json.WriteStartObject("metadata");
        foreach (var (name, value) in record.Metadata) json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static void Count(Utf8JsonWriter json, string name, long count)
    {
        if (count != 0) json.WriteNumber(name, count);
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
