namespace OrleansGateway.Upstream.Pools;

/// <summary>The share of a target that has just come (back): a tenth at first, and more with time, in a straight line.</summary>
internal static class SlowStart
{
    /// <summary>Parts of the full weight, so that small weights can grow in steps.</summary>
    public const int Full = 1_000;

    private const int First = Full / 10;

    /// <summary>The weight in parts of <see cref="Full"/>.</summary>
    /// <param name="weight">The weight of the configuration.</param>
    /// <param name="since">Time since it came.</param>
    /// <param name="over">Time until it has its full share.</param>
    public static long Weight(int weight, TimeSpan since, TimeSpan over)
    {
        if (since >= over) return (long)weight * Full;
        var share = Math.Max(First, (long)(Full * (since / over)));
        return weight * share;
    }
}
