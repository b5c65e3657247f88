using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>Where one limit of a request stands, as answers tell it.</summary>
/// <param name="Rule">Name of the rule.</param>
/// <param name="Scope">Whom the account is for: the values of the rule's parts.</param>
/// <param name="Dimension">What it counts.</param>
/// <param name="Limit">The most it holds.</param>
/// <param name="Remaining">What is left, at least; none if only the owner could say.</param>
/// <param name="Window">Time in which all of it comes back; none for requests in flight.</param>
/// <param name="Reset">Time until it is whole again at the latest, with no other traffic.</param>
internal readonly record struct LimitLevel(string Rule, string Scope, Dimension Dimension, long Limit, long? Remaining, TimeSpan? Window, TimeSpan Reset)
{
    /// <summary>By what is to hand here, and what the owner had when it last spoke.</summary>
    public static LimitLevel Of(string rule, Account account, DateTimeOffset now)
    {
        var spec = account.Spec;
        var remaining = Math.Clamp(account.Remaining, 0, spec.Limit);
        return New(rule, account, now) with { Remaining = remaining, Reset = ResetOf(spec, remaining, now) };
    }

    /// <summary>What has refused the request has nothing left, until then.</summary>
    public static LimitLevel UsedUp(string rule, Account account, TimeSpan until, DateTimeOffset now) =>
        New(rule, account, now) with { Remaining = 0, Reset = until > TimeSpan.Zero ? until : ResetOf(account.Spec, 0, now) };

    /// <summary>Whole seconds, rounded up: a client that waits so long finds it whole.</summary>
    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    public static TimeSpan? WindowOf(AccountSpec spec, DateTimeOffset now) => spec switch
    {
        { Kind: AccountKind.Concurrency } => null,
        // As long as the whole of it takes to come back, so that limit and window tell the true rate.
        { Kind: AccountKind.Bucket, Refill: > 0 } => Refilled(spec, spec.Limit),
        { Periods: { } periods } when periods.At(now) is var period => period.End - period.Start,
        { Time: var time } when time > TimeSpan.Zero => time,
        _ => null,
    };

    private static LimitLevel New(string rule, Account account, DateTimeOffset now) =>
        new(rule, account.Id.Scope, account.Spec.Dimension, account.Spec.Limit, null, WindowOf(account.Spec, now), TimeSpan.Zero);

    private static TimeSpan ResetOf(AccountSpec spec, long remaining, DateTimeOffset now) => spec switch
    {
        { Kind: AccountKind.Concurrency } => TimeSpan.Zero,
        { Kind: AccountKind.Bucket, Refill: > 0 } => Refilled(spec, spec.Limit - remaining),
        { Periods: { } periods } => periods.At(now).End - now,
        _ => remaining < spec.Limit ? spec.Time : TimeSpan.Zero,
    };

    private static TimeSpan Refilled(AccountSpec spec, long units) =>
        TimeSpan.FromTicks((long)Int128.Min((Int128)units * spec.Time.Ticks / spec.Refill, TimeSpan.MaxValue.Ticks));
}
