namespace OrleansGateway.Configuration;

/// <summary>What a tenant is billed, where that is not what the provider bills. Its budgets count what it is billed.</summary>
public sealed record TenantPriceSettings
{
    /// <summary>Percent of the cost that it is billed: 120 adds a fifth, 90 takes a tenth off. Default 100. Rates are rounded up to 10⁻¹⁵ USD per token.</summary>
    public Quantity Percent { get; init; } = Quantity.Of(100);

    /// <summary>
    /// Prices agreed on, by the name of the model that its clients ask for; a trailing <c>*</c> matches any ending, and the longest name that matches counts. Default: none.
    /// They count whichever provider answers, and <c>percent</c> does not change them.
    /// </summary>
    [MaxLength(1024)]
    public IReadOnlyDictionary<string, PriceSettings> Models { get; init; } = new Dictionary<string, PriceSettings>();
}
