using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Prices;

/// <summary>A body that a provider sent, read as one vendor tells usage, and what others say that its tokens and its cost are.</summary>
/// <param name="Line">Number of the body in the recordings, from 1.</param>
/// <param name="Vendor">The vendor in the price book.</param>
/// <param name="ApiFlavor">What the recordings call the way of telling it.</param>
/// <param name="Model">The model that answered; none if the body does not say.</param>
/// <param name="Body">The body.</param>
/// <param name="Tokens">Tokens by class, in the words of the recordings.</param>
/// <param name="Usd">The cost in USD; none if nobody says.</param>
internal sealed record RecordedUsage(int Line, string Vendor, string ApiFlavor, string? Model, JsonElement Body, IReadOnlyDictionary<string, long> Tokens, decimal? Usd)
{
    /// <summary>The day that the costs were reckoned: prices that changed later did not count.</summary>
    private static readonly DateTimeOffset Reckoned = new(2026, 8, 21, 0, 0, 0, TimeSpan.Zero);

    public string Name => $"{Line} {Vendor}/{ApiFlavor}";

    /// <summary>All of them, of the vendors that the book has. Skips the test where the recordings are not at hand.</summary>
    public static IEnumerable<RecordedUsage> All()
    {
        using var file = File.OpenRead(Path.Combine(SharedData.FolderOrSkip(), "usages.json"));
        using var json = JsonDocument.Parse(file);
        var line = 0;
        foreach (var entry in json.RootElement.EnumerateArray())
        {
            line++;
            var model = entry.TryGetProperty("model", out var name) ? name.GetString() : null;
            foreach (var group in entry.GetProperty("extracted").EnumerateArray())
            {
                var tokens = group.GetProperty("usage").EnumerateObject().ToDictionary(u => u.Name, u => u.Value.GetInt64());
                foreach (var extractor in group.GetProperty("extractors").EnumerateArray())
                {
                    if (VendorOf(extractor.GetProperty("provider_id").GetString()!) is not { } vendor) continue;
                    yield return new RecordedUsage(line, vendor, extractor.GetProperty("api_flavor").GetString()!, model, entry.GetProperty("body").Clone(), tokens, UsdOf(extractor));
                }
            }
        }
    }

    /// <summary>What differs between what we read and reckon and what stands there; none if nothing does.</summary>
    public string? Difference()
    {
        if (ReportedUsage.Read(Flavor, Body) is not { } usage) return "no usage";
        var differences = Classes(usage).Where(c => c.Ours != Tokens.GetValueOrDefault(c.Class)).Select(c => $"{c.Class} {c.Ours}, not {Tokens.GetValueOrDefault(c.Class)}").ToList();
        if (Usd is { } usd && Cost(usage) is var cost && cost != decimal.Ceiling(usd * 1_000_000_000)) differences.Add($"cost {cost}, not {usd * 1_000_000_000:0.###}");
        return differences.Count == 0 ? null : $"{string.Join("; ", differences)} ({Model})";
    }

    private UsageFlavor Flavor => (Vendor, ApiFlavor) switch
    {
        (_, "anthropic") or ("anthropic", "default") => UsageFlavor.Anthropic,
        ("bedrock", _) => UsageFlavor.Bedrock,
        ("google", "default") => UsageFlavor.Gemini,
        ("cohere", _) => UsageFlavor.Cohere,
        _ => UsageFlavor.OpenAI,
    };

    private long? Cost(TokenUsage usage) => PriceBook.Shipped.Find(Vendor, Model!) is { } prices ? OrleansGateway.Prices.Cost.Of(prices.At(Reckoned), usage).Total : null;

    // Of the recordings' classes those of text follow from the others. Theirs are totals with what is cached; video is one class with images here.
    private IEnumerable<(string Class, long Ours)> Classes(TokenUsage usage)
    {
        yield return ("input_tokens", usage.TotalInput);
        yield return ("output_tokens", usage.Output);
        yield return ("cache_read_tokens", usage.CacheRead);
        yield return ("cache_write_tokens", usage.CacheWrite + usage.CacheWrite1h);
        yield return ("output_reasoning_tokens", usage.Reasoning);
        yield return ("input_audio_tokens", usage.AudioInput + usage.AudioCacheRead);
        yield return ("output_audio_tokens", usage.AudioOutput);
        yield return ("cache_audio_read_tokens", usage.AudioCacheRead);
        yield return ("input_image_tokens", usage.ImageInput + usage.ImageCacheRead - Tokens.GetValueOrDefault("input_video_tokens"));
        yield return ("output_image_tokens", usage.ImageOutput);
        yield return ("cache_image_read_tokens", usage.ImageCacheRead - Tokens.GetValueOrDefault("cache_video_read_tokens"));
        yield return ("web_searches", usage.WebSearches);
        if (Tokens.TryGetValue("cache_write_1h_tokens", out _)) yield return ("cache_write_1h_tokens", usage.CacheWrite1h);
    }

    private static decimal? UsdOf(JsonElement extractor)
    {
        if (extractor.TryGetProperty("total_price", out var total)) return Number(total);
        return extractor.TryGetProperty("input_price", out var input) ? Number(input) + Number(extractor.GetProperty("output_price")) : null;

        static decimal Number(JsonElement text) => decimal.Parse(text.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private static string? VendorOf(string provider) => provider switch
    {
        "aws" => "bedrock",
        "x-ai" => "xai",
        _ => PriceBook.Shipped.Vendors.Contains(provider) ? provider : null,
    };
}
