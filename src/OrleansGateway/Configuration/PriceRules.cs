namespace OrleansGateway.Configuration;

/// <summary>Prices: numbers, patterns that can match, and one for each target that a budget pays.</summary>
internal static class PriceRules
{
    private const long PercentMax = 100_000;

    public static void Check(GatewaySettings settings, Findings findings)
    {
        foreach (var (id, provider) in settings.Providers)
        {
            var path = SettingPath.Entry("providers", id);
            CheckVendor(provider, path, findings);
            CheckList(provider.Prices, SettingPath.Field(path, "prices"), findings);
        }

        foreach (var (id, tenant) in settings.Tenants)
        {
            var path = SettingPath.Field(SettingPath.Entry("tenants", id), "prices");
            if (tenant.Prices is not { } prices || findings.IsFaulty(path)) continue;
            CheckList(prices.Models, SettingPath.Field(path, "models"), findings);
            if (prices.Percent.IsUnlimited || prices.Percent.Ones > PercentMax) findings.Report(path, "percent", $"The percentage is out of range; it must be 0 to {PercentMax}.");
        }

        foreach (var (name, model) in settings.Models)
        {
            var path = SettingPath.Entry("models", name);
            for (var i = 0; i < model.Targets.Count; i++) Check(model.Targets[i]?.Price, Place(path, "targets", i), findings);
            for (var i = 0; i < model.Fallbacks.Count; i++) Check(model.Fallbacks[i]?.Price, Place(path, "fallbacks", i), findings);
        }

        static string Place(string path, string list, int index) => SettingPath.Field(SettingPath.Item(SettingPath.Field(path, list), index), "price");
    }

    /// <summary>Reports each target of a model under the budget that has no price: what it costs would be paid by nobody.</summary>
    public static void CheckPriced(string id, BudgetSettings budget, GatewaySettings settings, Findings findings)
    {
        var under = new NamePatterns(budget.Match.Models.Where(m => m is not null));
        foreach (var (name, model) in settings.Models)
        {
            if (budget.Match.Models.Count > 0 && !under.Matches(name)) continue;
            var path = SettingPath.Entry("models", name);
            for (var i = 0; i < model.Targets.Count; i++)
            {
                if (model.Targets[i] is { } target) CheckTarget(target.Provider, target.Model ?? name, target.Price, "targets", i);
            }

            for (var i = 0; i < model.Fallbacks.Count; i++)
            {
                if (model.Fallbacks[i] is { } target) CheckTarget(target.Provider, target.Model ?? name, target.Price, "fallbacks", i);
            }

            void CheckTarget(string provider, string target, PriceSettings? price, string field, int index)
            {
                var list = SettingPath.Field(path, field);
                var item = SettingPath.Item(list, index);
                if (price is not null || findings.IsGiven(SettingPath.Field(item, "price")) || !settings.Providers.TryGetValue(provider, out var known)) return;
                var prices = SettingPath.Field(SettingPath.Entry("providers", provider), "prices");
                if (findings.IsFaulty(prices) || PriceLookup.Find(settings, known, target, stated: null) is not null) return;
                findings.ReportAt(item, list, $"The budget {id} pays for this, and it has no price; add price here or prices at the provider, or write unpriced: free at the budget.");
            }
        }
    }

    private static void CheckVendor(ProviderSettings provider, string path, Findings findings)
    {
        if (provider.Vendor is not { } vendor || vendor == ProviderSettings.NoVendor || PriceBook.Shipped.Vendors.Contains(vendor)) return;
        var hint = Nearest.Hint(vendor, PriceBook.Shipped.Vendors, "vendors");
        findings.Report(path, "vendor", $"There is no {findings.Shown(SettingPath.Field(path, "vendor"))} in the price book.{hint}");
    }

    private static void CheckList(IReadOnlyDictionary<string, PriceSettings> prices, string path, Findings findings)
    {
        foreach (var (pattern, price) in prices)
        {
            var entry = SettingPath.Entry(path, pattern);
            if (!NameRules.IsModelName(pattern) || pattern.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star < pattern.Length - 1)
                NameRules.ReportName(entry, "This is a model's name, or the beginning of one with a * at its end.", findings);
            Check(price, entry, findings);
        }
    }

    private static void Check(PriceSettings? price, string path, Findings findings)
    {
        if (price is null || findings.IsFaulty(path)) return;
        CheckAmounts([.. Amounts(price), ("request", price.Request), ("web_search", price.WebSearch)], path, findings);
        CheckLongContext(price.LongContext, SettingPath.Field(path, "long_context"), findings);
        foreach (var (name, tier) in price.ServiceTiers)
        {
            var entry = SettingPath.Entry(SettingPath.Field(path, "service_tiers"), name);
            if (tier is null || findings.IsFaulty(entry)) continue;
            CheckAmounts(Amounts(tier), entry, findings);
            CheckLongContext(tier.LongContext, SettingPath.Field(entry, "long_context"), findings);
            var isPriced = tier.LongContext.Count > 0 || Amounts(tier).Any(a => a.Amount is not null);
            if (tier.Percent is null != isPriced) findings.ReportAt(entry, path, $"{(isPriced ? "Both percent and prices" : "Neither percent nor prices")} are given; give one of them.");
        }
    }

    private static void CheckLongContext(IReadOnlyList<LongContextPrices> tiers, string list, Findings findings)
    {
        var bounds = new HashSet<long>();
        for (var i = 0; i < tiers.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (tiers[i] is not { } tier || findings.IsFaulty(item)) continue;
            CheckAmounts(Amounts(tier), item, findings);
            if (tier.Above is { } above && !bounds.Add(above)) findings.Report(item, "above", "Another entry has the same bound.");
        }
    }

    private static void CheckAmounts(IEnumerable<(string Field, Quantity? Amount)> amounts, string path, Findings findings)
    {
        foreach (var (field, amount) in amounts)
        {
            if (amount is { IsUnlimited: true }) findings.Report(path, field, "A price is a number of USD, such as 2.50.");
            else if (amount is { Ones: > 1_000_000 }) findings.Report(path, field, "The price is out of range; it must be 0 to 1000000.");
        }
    }

    private static (string Field, Quantity? Amount)[] Amounts(TokenPrices price) =>
    [
        ("input", price.Input), ("output", price.Output), ("cached_input", price.CachedInput), ("cache_write", price.CacheWrite), ("cache_write_1h", price.CacheWrite1h),
        ("reasoning", price.Reasoning), ("audio_input", price.AudioInput), ("cached_audio", price.CachedAudio), ("audio_output", price.AudioOutput),
        ("image_input", price.ImageInput), ("cached_image", price.CachedImage), ("image_output", price.ImageOutput),
    ];
}
