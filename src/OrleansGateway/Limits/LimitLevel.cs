using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>Where one limit of a request stands, as answers tell it.</summary>
/// <param name="Rule">Name of the rule.</param>
/// <param name="Scope">Whom the account is for: the values of the rule's parts.</param>
/// <param name="Dimension">What it counts.</param>
/// <param name="Limit">The most it holds.</param>
/// <param name="Remaining">What is left, at least; from 0 to <paramref name="Limit"/>.</param>
/// <param name="Window">Time in which all of it comes back; none for requests in flight.</param>
/// <param name="Reset">Time until it is whole again, with no other traffic.</param>
internal readonly record struct LimitLevel(string Rule, string Scope, Dimension Dimension, long Limit, long Remaining, TimeSpan? Window, TimeSpan Reset)
{
    public static LimitLevel Of(string rule, AccountLevel level, DateTimeOffset now)
    {
        var remaining = Math.Clamp(level.Remaining, 0, level.Limit);
        return new LimitLevel(rule, level.Account.Id.Scope, level.Account.Spec.Dimension, level.Limit, remaining, WindowOf(level.Account.Spec, now), level.Reset);
    }

    /// <summary>Whole seconds, rounded up: a client that waits so long finds it whole.</summary>
    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    public static TimeSpan? WindowOf(AccountSpec spec, DateTimeOffset now) => spec switch
    {
        { Kind: AccountKind.Concurrency } => null,
        // As long as the whole of it takes to come back, so that limit and window tell the true rate.
        { Kind: AccountKind.Bucket, Refill: > 0 } => TimeSpan.FromTicks((long)Int128.Min((Int128)spec.Limit * spec.Time.Ticks / spec.Refill, long.MaxValue)),
        { Periods: { } periods } when periods.At(now) is var period => period.End - period.Start,
        { Time: var time } when time > TimeSpan.Zero => time,
        _ => null,
    };
}
