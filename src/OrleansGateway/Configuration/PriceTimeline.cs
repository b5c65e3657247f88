namespace OrleansGateway.Configuration;

/// <summary>What a model has cost, costs and will cost, as far as is known: prices and the instants they count from.</summary>
internal sealed class PriceTimeline(IReadOnlyList<(DateTimeOffset From, Price Price)> prices)
{
    public PriceTimeline(Price always) : this([(DateTimeOffset.MinValue, always)]) { }

    /// <summary>All of them, the earliest first. That one counts for what was before it, too.</summary>
    public IReadOnlyList<(DateTimeOffset From, Price Price)> Prices => prices;

    /// <summary>The price that counts at an instant.</summary>
    public Price At(DateTimeOffset instant)
    {
        var i = prices.Count - 1;
        while (i > 0 && instant < prices[i].From) i--;
        return prices[i].Price;
    }

    /// <summary>The price that counts now. Looks at the clock only if there is more than one.</summary>
    public Price Now(TimeProvider time) => prices.Count == 1 ? prices[0].Price : At(time.GetUtcNow());

    /// <summary>A share of each, in percent.</summary>
    public PriceTimeline Times(Quantity percent) => new([.. prices.Select(p => (p.From, p.Price.Times(percent)))]);
}
