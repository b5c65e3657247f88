namespace OrleansGateway.Configuration;

/// <summary>
/// A bound on requests in flight that finds itself: it rises while answers are fast, and falls when they slow down, fail as overloaded (429, 503) or time out.
/// Each machine finds its own.
/// </summary>
public sealed record AdaptiveSettings
{
    /// <summary>Least bound. 1 to 100,000; default 4. It is never lower, however slow answers are.</summary>
    [Range(1, 100_000)]
    public int Min { get; init; } = 4;

    /// <summary>Greatest bound. 1 to 1,000,000; default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int Max { get; init; } = 1_000;

    /// <summary>Bound at the start. 1 to 1,000,000; default 20.</summary>
    [Range(1, 1_000_000)]
    public int Initial { get; init; } = 20;

    /// <summary>
    /// Percent of the least time to the first byte that is taken for no slowdown. 110 to 1,000; default 200: twice as long. For model APIs, whose answers
    /// differ by the request, set it higher.
    /// </summary>
    [Range(110, 1_000)]
    public int TolerancePercent { get; init; } = 200;

    /// <summary>Percent that the bound falls to when a request fails as overloaded or times out. 10 to 99; default 90. At most once per round trip.</summary>
    [Range(10, 99)]
    public int BackoffPercent { get; init; } = 90;
}
