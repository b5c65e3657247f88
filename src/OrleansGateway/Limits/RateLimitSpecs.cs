using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Calendar;

namespace OrleansGateway.Limits;

/// <summary>What the accounts of a rate limit are like at an instant: boosts make them other ones for a time.</summary>
internal sealed class RateLimitSpecs(RateLimitSettings settings, DateTimeOffset now)
{
    private readonly BoostSettings? _boost = settings.Boosts.FirstOrDefault(b => b.From <= now && now < b.Until);

    private readonly IPeriods? _periods = PeriodsOf(settings);

    private readonly int[] _floors = settings.Floors is { Low: 0, Normal: 0, High: 0 }
        ? []
        : [settings.Floors.Low * 10, settings.Floors.Normal * 10, settings.Floors.High * 10];

    /// <summary>What an account with this limit is like; none if it has no bound.</summary>
    public AccountSpec? Of(Quantity limit, Quantity? burst)
    {
        if (_boost?.Limit is { } other) (limit, burst) = (other, null);
        if (limit.IsUnlimited) return null;
        var units = Boosted(Units(limit));
        var isBucket = settings.Count != RateLimitCount.Concurrency && settings.Algorithm <= RateLimitAlgorithm.LeakyBucket;
        return new AccountSpec
        {
            Kind = Kind(),
            Dimension = Dimension(settings.Count),
            Limit = isBucket ? BurstOf(units, burst) : units,
            Refill = isBucket ? units : 0,
            Time = settings.Count == RateLimitCount.Concurrency || _periods is not null ? TimeSpan.Zero : settings.Window.Length,
            Periods = _periods,
            Shadow = settings.Shadow,
            Floors = _floors,
            AccountsMax = settings.AccountsMax,
        };
    }

    /// <summary>When one of the boosts begins or ends next.</summary>
    public static DateTimeOffset NextChange(RateLimitSettings settings, DateTimeOffset now) =>
        settings.Boosts.SelectMany(b => new[] { b.From!.Value, b.Until!.Value }).Where(t => t > now).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();

    public static Dimension Dimension(RateLimitCount count) => count switch
    {
        RateLimitCount.Requests => Leases.Dimension.Requests,
        RateLimitCount.InputTokens => Leases.Dimension.InputTokens,
        RateLimitCount.OutputTokens => Leases.Dimension.OutputTokens,
        RateLimitCount.Tokens => Leases.Dimension.Tokens,
        RateLimitCount.Cost => Leases.Dimension.Cost,
        _ => Leases.Dimension.Concurrency,
    };

    private AccountKind Kind() => (settings.Count, settings.Algorithm) switch
    {
        (RateLimitCount.Concurrency, _) => AccountKind.Concurrency,
        (_, RateLimitAlgorithm.FixedWindow) => AccountKind.FixedWindow,
        (_, RateLimitAlgorithm.SlidingWindow) => AccountKind.SlidingWindow,
        _ => AccountKind.Bucket,
    };

    // A bucket without refill takes nothing: what was stated as a burst would otherwise be had once.
    private long BurstOf(long units, Quantity? burst)
    {
        if (units == 0) return 0;
        if (burst is { IsUnlimited: false } stated) return Boosted(Units(stated));
        return settings.Algorithm == RateLimitAlgorithm.TokenBucket ? units : Math.Min(units, 1);
    }

    private long Boosted(long units) => _boost?.Percent is { } percent ? (long)((Int128)units * percent / 100) : units;

    private long Units(Quantity quantity) => settings.Count == RateLimitCount.Cost ? quantity.Nanos : quantity.Ones;

    private static IPeriods? PeriodsOf(RateLimitSettings settings)
    {
        if (settings.Count == RateLimitCount.Concurrency || settings.Algorithm != RateLimitAlgorithm.FixedWindow) return null;
        if (settings.Align == WindowAlignment.FirstUse) return null;
        return settings.Window.Unit switch
        {
            CalendarUnit.Day => CalendarPeriods.Days(settings.TimeZone),
            CalendarUnit.Week => CalendarPeriods.Weeks(settings.TimeZone),
            CalendarUnit.Month => CalendarPeriods.Months(settings.TimeZone),
            // Minutes and hours go by UTC: where clocks are put back an hour of the wall clock would last two.
            _ => new EvenPeriods(settings.Window.Length),
        };
    }
}
