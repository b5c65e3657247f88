namespace OrleansGateway.Configuration;

/// <summary>One file of the price book: what a vendor's models cost, as its price page says, in the words of <c>gateway.yaml</c>.</summary>
public sealed record VendorSettings
{
    /// <summary>Its name: that of the file.</summary>
    [Required]
    public string Vendor { get; init; } = "";

    /// <summary>Day of the last change to this file, such as 2026-08-21: names the prices in records.</summary>
    [Required, RegularExpression("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    public string Version { get; init; } = "";

    /// <summary>Hosts of its API, by which a provider's vendor is told. A <c>*</c> matches anything.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The vendor's own pages.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Which figures were compared when, and with what; and which were not.</summary>
    [Required]
    public string Checked { get; init; } = "";

    /// <summary>Vendors whose models cost here what they cost there, if they are not among these.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>Service tiers of all models, beside their own.</summary>
    public IReadOnlyDictionary<string, ServiceTierPrices> ServiceTiers { get; init; } = new Dictionary<string, ServiceTierPrices>();

    /// <summary>USD per thousand searches of the web, of models that do not say so themselves.</summary>
    public Quantity? WebSearch { get; init; }

    /// <summary>The models, by name.</summary>
    public IReadOnlyDictionary<string, ListedModelSettings> Models { get; init; } = new Dictionary<string, ListedModelSettings>();
}

/// <summary>What a model costs at a vendor, and has cost. Nothing is ever taken out: what was used then is reckoned anew with what counted then.</summary>
public sealed record ListedModelSettings
{
    /// <summary>Other names of it: aliases and snapshots. A <c>*</c> at the beginning or the end matches anything.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The price, the first one that is known.</summary>
    [Required]
    public PriceSettings? Price { get; init; }

    /// <summary>Later prices, by the day from which they count, in UTC.</summary>
    public IReadOnlyDictionary<string, PriceSettings> Changes { get; init; } = new Dictionary<string, PriceSettings>();
}
