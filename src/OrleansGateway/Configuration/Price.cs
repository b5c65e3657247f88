namespace OrleansGateway.Configuration;

/// <summary>
/// What a model costs at a provider, compiled: integers all through. Nano-dollars per million tokens are femto-dollars (10⁻¹⁵ USD) per token, so that no price
/// is rounded.
/// </summary>
internal sealed class Price
{
    public Price(PriceSettings settings)
    {
        Input = settings.Input?.Nanos ?? 0;
        CacheRead = settings.CachedInput?.Nanos ?? Input;
        CacheWrite = settings.CacheWrite?.Nanos ?? Input;
        CacheWrite1h = settings.CacheWrite1h?.Nanos ?? CacheWrite;
        AudioInput = settings.AudioInput?.Nanos ?? Input;
        Output = settings.Output?.Nanos ?? 0;
        Reasoning = settings.Reasoning?.Nanos ?? Output;
        AudioOutput = settings.AudioOutput?.Nanos ?? Output;
        Request = settings.Request?.Nanos ?? 0;
        DearestInput = new[] { Input, CacheRead, CacheWrite, CacheWrite1h, AudioInput }.Max();
        DearestOutput = new[] { Output, Reasoning, AudioOutput }.Max();
    }

    /// <summary>Femto-dollars per token; so all but <see cref="Request"/>.</summary>
    public long Input { get; }

    public long CacheRead { get; }
    public long CacheWrite { get; }
    public long CacheWrite1h { get; }
    public long AudioInput { get; }
    public long Output { get; }
    public long Reasoning { get; }
    public long AudioOutput { get; }

    /// <summary>Nano-dollars per call.</summary>
    public long Request { get; }

    /// <summary>Most that an input token costs, of whatever class.</summary>
    public long DearestInput { get; }

    /// <summary>Most that an output token costs, of whatever class.</summary>
    public long DearestOutput { get; }

    /// <summary>The price of a provider's model: the one under its name, else under the longest beginning of it; none if there is none.</summary>
    public static PriceSettings? Find(IReadOnlyDictionary<string, PriceSettings> prices, string model)
    {
        if (prices.TryGetValue(model, out var exact)) return exact;
        var pattern = prices.Keys.Where(p => p.EndsWith('*') && model.StartsWith(p[..^1], StringComparison.Ordinal)).MaxBy(p => p.Length);
        return pattern is null ? null : prices[pattern];
    }
}
