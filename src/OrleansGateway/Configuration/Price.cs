using System.Collections.Frozen;

namespace OrleansGateway.Configuration;

/// <summary>What a model costs at a provider, compiled for the hot path.</summary>
internal sealed class Price
{
    private readonly Level[] _levels;
    private readonly FrozenDictionary<string, Price> _tiers;

    /// <param name="settings">As stated.</param>
    /// <param name="version">Names it in records.</param>
    public Price(PriceSettings settings, string version = "config")
    {
        Version = version;
        Request = settings.Request?.Nanos ?? 0;
        // USD per thousand searches are pico-dollars per search times a thousand femto-dollars.
        WebSearch = (settings.WebSearch?.Nanos ?? 0) * 1_000;
        var rates = PriceRates.Of(settings);
        _levels = Levels(rates, settings.LongContext);
        _tiers = settings.ServiceTiers.ToFrozenDictionary(t => t.Key, t => new Price(this, TierLevels(rates, t.Value, settings.LongContext), Request), StringComparer.Ordinal);
        Bounds = BoundsOf(_tiers.Values.Prepend(this));
    }

    private Price(Price of, Level[] levels, long request)
    {
        Version = of.Version;
        Request = request;
        WebSearch = of.WebSearch;
        _levels = levels;
        _tiers = FrozenDictionary<string, Price>.Empty;
        Bounds = BoundsOf([this]);
    }

    private Price(Price of, Quantity percent)
    {
        Version = of.Version;
        Request = PriceRates.Share(of.Request, percent);
        WebSearch = PriceRates.Share(of.WebSearch, percent);
        _levels = Times(of._levels, percent);
        _tiers = of._tiers.ToFrozenDictionary(t => t.Key, t => t.Value.Times(percent), StringComparer.Ordinal);
        Bounds = BoundsOf(_tiers.Values.Prepend(this));
    }

    /// <summary>Which price it is: that of the book by its vendor and version, or the configuration's.</summary>
    public string Version { get; }

    /// <summary>Nano-dollars per call.</summary>
    public long Request { get; }

    /// <summary>Femto-dollars per search of the web.</summary>
    public long WebSearch { get; }

    /// <summary>What bounds the cost of a call, of whatever tier: those whose <c>Above</c> its input can exceed.</summary>
    public Bound[] Bounds { get; }

    /// <summary>What its tokens cost without regard to how many they are.</summary>
    public PriceRates Rates => _levels[0].Rates;

    /// <summary>Input tokens beyond which other prices count, and those, ascending.</summary>
    public IEnumerable<(long Above, PriceRates Rates)> LongContext => _levels.Skip(1).Select(l => (l.Above, l.Rates));

    /// <summary>The service tiers, by name.</summary>
    public IReadOnlyDictionary<string, Price> ServiceTiers => _tiers;

    /// <summary>What a service tier costs; this price if it is none of its own.</summary>
    public Price Of(string? serviceTier) => serviceTier is not null && _tiers.TryGetValue(serviceTier, out var tier) ? tier : this;

    /// <summary>What tokens cost in a call with so much input.</summary>
    public PriceRates For(long inputTokens)
    {
        var level = _levels.Length - 1;
        while (level > 0 && inputTokens <= _levels[level].Above) level--;
        return _levels[level].Rates;
    }

    /// <summary>A share of it, in percent: more than 100 is a mark-up.</summary>
    public Price Times(Quantity percent) => new(this, percent);

    /// <summary>The price of a provider's model: the one under its name, else under the longest beginning of it; none if there is none.</summary>
    public static PriceSettings? Find(IReadOnlyDictionary<string, PriceSettings> prices, string model)
    {
        if (prices.TryGetValue(model, out var exact)) return exact;
        var pattern = prices.Keys.Where(p => p.EndsWith('*') && model.StartsWith(p[..^1], StringComparison.Ordinal)).MaxBy(p => p.Length);
        return pattern is null ? null : prices[pattern];
    }

    private static Level[] TierLevels(PriceRates standard, ServiceTierPrices tier, IReadOnlyList<LongContextPrices> longContext)
    {
        if (tier.Percent is not { } percent) return Levels(standard.With(tier), tier.LongContext);
        return Times(Levels(standard, longContext), Quantity.Of(percent));
    }

    private static Level[] Levels(PriceRates rates, IReadOnlyList<LongContextPrices> longContext) =>
        [new Level(0, rates), .. longContext.OrderBy(l => l.Above).Select(l => new Level(l.Above!.Value, rates.With(l)))];

    private static Level[] Times(Level[] levels, Quantity percent) => [.. levels.Select(l => l with { Rates = l.Rates.Times(percent) })];

    // Of those that count for the same calls, one that is nowhere dearer than another bounds nothing.
    private static Bound[] BoundsOf(IEnumerable<Price> prices)
    {
        var all = prices.SelectMany(p => p._levels.Select(l => new Bound(l.Above, l.Rates.DearestInput, l.Rates.DearestOutput))).Distinct().ToList();
        return [.. all.Where(b => !all.Exists(o => o != b && o.Above <= b.Above && o.Input >= b.Input && o.Output >= b.Output))];
    }

    /// <summary>The most that tokens cost once the input is longer than <c>Above</c>; femto-dollars per token.</summary>
    internal readonly record struct Bound(long Above, long Input, long Output);

    private readonly record struct Level(long Above, PriceRates Rates);
}
