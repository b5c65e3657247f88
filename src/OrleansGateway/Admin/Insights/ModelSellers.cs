using System.Collections.Frozen;
using OrleansGateway.Configuration;

namespace OrleansGateway.Admin.Insights;

/// <summary>Where else a model is to be had: at other providers of the configuration, and at vendors of the price book.</summary>
internal static class ModelSellers
{
    // Routes to whoever has room: which weights, and for what money, differs from call to call.
    private const string Router = "openrouter";

    // The book has open weights of OpenAI's at others' prices: OpenAI itself does not serve them.
    private const string OpenWeights = "gpt-oss";

    private static readonly Lazy<FrozenDictionary<string, ModelSeller[]>> s_listed = new(Listed);

    /// <summary>Those that sell the model that a provider calls so; neither that provider nor another account at the same vendor, nor those that the model here names itself.</summary>
    public static IEnumerable<ModelSeller> Of(Snapshot snapshot, Model? model, string provider, string targetModel)
    {
        var common = ModelNames.Common(targetModel);
        var vendor = snapshot.Providers.TryGetValue(provider, out var at) ? PriceLookup.VendorOf(at.Settings) : null;
        var own = model is null ? [] : model.Targets.Concat(model.Fallbacks).Select(t => t.Provider.Id).ToHashSet(StringComparer.Ordinal);
        var stated = snapshot.Models.Values.SelectMany(m => m.Targets.Concat(m.Fallbacks))
            .Where(t => t.Prices is not null && t.Provider.Id != provider && !own.Contains(t.Provider.Id) && ModelNames.Common(t.Model) == common)
            .Select(t => new ModelSeller(t.Provider.Id, t.Model, t.Prices!, IsConfigured: true));
        var book = snapshot.Settings.PriceBook.Enabled ? s_listed.Value.GetValueOrDefault(common) ?? [] : [];
        return stated.Concat(book.Where(s => s.Name != vendor)).DistinctBy(s => (s.Name, s.Model));
    }

    private static FrozenDictionary<string, ModelSeller[]> Listed() => PriceBook.Shipped.Vendors.Where(v => v != Router)
        .SelectMany(v => ListedAt(PriceBook.Shipped.Find(v)!))
        .GroupBy(s => s.Common, s => s.Seller)
        .ToFrozenDictionary(s => s.Key, s => s.ToArray(), StringComparer.Ordinal);

    private static IEnumerable<(string Common, ModelSeller Seller)> ListedAt(Vendor vendor)
    {
        foreach (var (id, prices) in vendor.All)
        {
            if (vendor.Settings.Vendor == "openai" && id.StartsWith(OpenWeights, StringComparison.Ordinal)) continue;
            foreach (var common in vendor.Settings.Models[id].Names.Prepend(id).Select(ModelNames.Common).Distinct())
                yield return (common, new ModelSeller(vendor.Settings.Vendor!, id, prices, IsConfigured: false));
        }
    }
}

/// <param name="Name">The provider, or the vendor of the book.</param>
/// <param name="Model">What it calls the model.</param>
/// <param name="Prices">What it asks.</param>
/// <param name="IsConfigured">Whether it is a provider of the configuration.</param>
internal sealed record ModelSeller(string Name, string Model, PriceTimeline Prices, bool IsConfigured);
