namespace OrleansGateway.Configuration;

/// <summary>The list of vendors' prices that is shipped with the gateway. What <c>price</c> and <c>prices</c> state comes before it.</summary>
public sealed record PriceBookSettings
{
    /// <summary>Whether it counts. Default true; with false only prices stated here do, and a budget needs one for each target.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// The instant whose prices count, whatever changed since or will. Default: none, that of each call. A vendor's bill follows its own changes: with this, costs drift away
    /// from it.
    /// </summary>
    public DateTimeOffset? AsOf { get; init; }
}
