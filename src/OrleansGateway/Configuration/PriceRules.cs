namespace OrleansGateway.Configuration;

/// <summary>Prices: numbers, patterns that can match, and one for each target that a budget pays.</summary>
internal static class PriceRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        foreach (var (id, provider) in settings.Providers)
        {
            var prices = SettingPath.Field(SettingPath.Entry("providers", id), "prices");
            foreach (var (pattern, price) in provider.Prices)
            {
                var entry = SettingPath.Entry(prices, pattern);
                if (!NameRules.IsModelName(pattern) || pattern.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star < pattern.Length - 1)
                    NameRules.ReportName(entry, "This is a model's name, or the beginning of one with a * at its end.", findings);
                Check(price, entry, findings);
            }
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
                if (Price.Find(known.Prices, target) is not null || findings.IsFaulty(prices)) return;
                findings.ReportAt(item, list,
                    $"The budget {id} pays for this, and it has no price; add price here or prices at the provider, or write unpriced: free at the budget.");
            }
        }
    }

    private static void Check(PriceSettings? price, string path, Findings findings)
    {
        if (price is null || findings.IsFaulty(path)) return;
        foreach (var (field, amount) in Amounts(price))
        {
            if (amount is { IsUnlimited: true }) findings.Report(path, field, "A price is a number of USD, such as 2.50.");
            else if (amount is { Ones: > 1_000_000 }) findings.Report(path, field, "The price is out of range; it must be 0 to 1000000.");
        }
    }

    private static (string Field, Quantity? Amount)[] Amounts(PriceSettings price) =>
    [
        ("input", price.Input), ("output", price.Output), ("cached_input", price.CachedInput), ("cache_write", price.CacheWrite),
        ("cache_write_1h", price.CacheWrite1h),
        ("reasoning", price.Reasoning), ("audio_input", price.AudioInput), ("audio_output", price.AudioOutput), ("request", price.Request),
    ];
}
