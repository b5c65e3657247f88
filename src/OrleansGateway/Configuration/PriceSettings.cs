namespace OrleansGateway.Configuration;

/// <summary>
/// What a model costs at a provider: USD per million tokens, per call and per thousand searches. Decimals to 10⁻⁹ are exact. A class of tokens without a price costs what
/// <c>input</c> (or <c>output</c>) does.
/// </summary>
public sealed record PriceSettings : TokenPrices
{
    /// <summary>USD per million input tokens.</summary>
    [Required]
    public override Quantity? Input { get; init; }

    /// <summary>USD per call. Default: 0.</summary>
    public Quantity? Request { get; init; }

    /// <summary>USD per thousand searches of the web that the provider makes. Default: 0.</summary>
    public Quantity? WebSearch { get; init; }

    /// <summary>Prices of whole calls whose input is longer than a bound. Default: none.</summary>
    [MaxLength(8)]
    public IReadOnlyList<LongContextPrices> LongContext { get; init; } = [];

    /// <summary>
    /// Prices of the provider's service tiers, by the name that its answers have: <c>flex</c>, <c>priority</c>, <c>batch</c> … Default: none. An answer of a tier that is not
    /// here costs what all others do. What is held for a call is the price of the dearest tier.
    /// </summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, ServiceTierPrices> ServiceTiers { get; init; } = new Dictionary<string, ServiceTierPrices>();
}

/// <summary>What calls cost whose input is longer than a bound: all of their tokens, as OpenAI, Anthropic and Google bill them.</summary>
public sealed record LongContextPrices : TokenPrices
{
    /// <summary>Input tokens, of all classes, beyond which these prices count. 1 to 100,000,000.</summary>
    [Required, Range(1, 100_000_000)]
    public long? Above { get; init; }
}

/// <summary>What a service tier costs: a share of the price, or prices of its own.</summary>
public sealed record ServiceTierPrices : TokenPrices
{
    /// <summary>Percent of the price, for tokens of all classes. 0 to 10,000; default: none, its prices say it. 50 for the batches of most vendors.</summary>
    [Range(0, 10_000)]
    public int? Percent { get; init; }

    /// <summary>Prices of whole calls of this tier whose input is longer than a bound. Default: none; with <c>percent</c>, that share of the price's.</summary>
    [MaxLength(8)]
    public IReadOnlyList<LongContextPrices> LongContext { get; init; } = [];
}
