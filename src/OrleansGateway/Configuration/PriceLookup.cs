namespace OrleansGateway.Configuration;

/// <summary>
/// Where a target's price is found: stated at the target; at its provider; in the price book, by the provider's vendor; nowhere. The one order that the check of a
/// configuration and its compilation go by.
/// </summary>
internal static class PriceLookup
{
    /// <summary>What calls of a provider's model cost; none if nobody has said.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="model">The model's name there.</param>
    /// <param name="stated">What the target says.</param>
    /// <param name="version">What records call the prices of the configuration.</param>
    public static PriceTimeline? Find(GatewaySettings settings, ProviderSettings provider, string model, PriceSettings? stated, string version = "config")
    {
        if ((stated ?? Price.Find(provider.Prices, model)) is { } own) return new PriceTimeline(new Price(own, version));
        if (!settings.PriceBook.Enabled || VendorOf(provider) is not { } vendor || PriceBook.Shipped.Find(vendor, model) is not { } listed) return null;
        return settings.PriceBook.AsOf is { } day ? new PriceTimeline(listed.At(day)) : listed;
    }

    /// <summary>The vendor that a provider is: the stated one, else by its address; none if it is none of the book's.</summary>
    public static string? VendorOf(ProviderSettings provider) => provider switch
    {
        { Vendor: ProviderSettings.NoVendor } or { Kind: ProviderKind.Fake or null } => null,
        { Vendor: { } stated } => stated,
        { BaseUrl: { } url } => PriceBook.Shipped.VendorAt(url.Host),
        { Kind: ProviderKind.Anthropic } => "anthropic",
        _ => "openai",
    };
}
