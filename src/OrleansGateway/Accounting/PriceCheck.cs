using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>What a record should cost, by the prices as they are known now for the time that it is of.</summary>
internal sealed class PriceCheck(Snapshot snapshot)
{
    private readonly Dictionary<(string Provider, string TargetModel, string? Model, string? Tenant), (PriceTimeline? Cost, PriceTimeline? Billed)> _prices = [];

    /// <summary>Names the number of a correction among those of its record, from 1, in its metadata: the last one counts.</summary>
    public const string Round = "correction";

    /// <summary>Whether its cost is that of its tokens: not where nobody has counted them.</summary>
    public static bool IsPriced(UsageRecord record) =>
        record is { Kind: UsageKind.Attempt, Provider: not null, TargetModel: not null, Source: UsageSource.Provider or UsageSource.Counted or UsageSource.Estimated };

    /// <summary>What the provider bills, and what its tenant is billed, by what is known now; none if nobody says.</summary>
    public (Price? Cost, Price? Billed) PricesOf(UsageRecord record)
    {
        var place = (record.Provider!, record.TargetModel!, record.Model, record.Tenant);
        if (!_prices.TryGetValue(place, out var prices))
        {
            var bought = snapshot.PricesOf(record.Provider!, record.TargetModel!, record.Model);
            _prices[place] = prices = (bought, snapshot.TariffOf(record.Tenant) is { } tariff ? tariff.Of(record.Model ?? "", bought) : bought);
        }

        return (prices.Cost?.At(record.At), prices.Billed?.At(record.At));
    }

    /// <summary>Version of the configuration, which says what tenants are billed.</summary>
    public string ConfigVersion => snapshot.Version;

    public static CostParts CostOf(Price price, UsageRecord record) => Cost.Of(price, record.Tokens, record.ServiceTier);

    /// <summary>Number of a correction.</summary>
    public static int RoundOf(UsageRecord correction) =>
        int.TryParse(correction.Metadata.FirstOrDefault(m => m.Key == Round).Value, NumberStyles.None, CultureInfo.InvariantCulture, out var round) ? round : 0;
}
