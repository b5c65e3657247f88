namespace OrleansGateway.Leases;

/// <summary>How much of each dimension a request needs at most, or has used. Never negative.</summary>
internal readonly record struct Amounts
{
    public long Requests { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>In nano-dollars.</summary>
    public long Cost { get; init; }

    public long Concurrency { get; init; }

    public long Of(Dimension dimension) => dimension switch
    {
        Dimension.Requests => Requests,
        Dimension.InputTokens => InputTokens,
        Dimension.OutputTokens => OutputTokens,
        Dimension.Tokens => InputTokens + OutputTokens,
        Dimension.Cost => Cost,
        _ => Concurrency,
    };
}
