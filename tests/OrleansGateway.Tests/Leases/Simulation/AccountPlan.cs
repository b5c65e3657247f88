using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>One account of a run.</summary>
internal sealed record AccountPlan(string Owner, AccountId Id, AccountSpec Spec)
{
    private static readonly Dimension[] Counted = [Dimension.Requests, Dimension.Requests, Dimension.InputTokens, Dimension.OutputTokens, Dimension.Tokens, Dimension.Cost];

    public static AccountPlan Of(Random random, string owner, int number)
    {
        var kind = (AccountKind)random.Next(5);
        var dimension = kind switch
        {
            AccountKind.Budget => Dimension.Cost,
            AccountKind.Concurrency => Dimension.Concurrency,
            _ => Counted[random.Next(Counted.Length)],
        };
        // What a request takes is some 2 requests or slots, some hundred of all else.
        var scale = dimension is Dimension.Requests or Dimension.Concurrency ? 1 : random.Next(50, 400);
        var spec = kind switch
        {
            AccountKind.Bucket => Bucket(random, dimension, scale),
            AccountKind.FixedWindow => new AccountSpec
            {
                Kind = kind, Dimension = dimension, Limit = random.Next(1, 200) * scale, Periods = new EvenPeriods(TimeSpan.FromSeconds(random.Next(1, 20))),
            },
            AccountKind.SlidingWindow => new AccountSpec
            {
                Kind = kind, Dimension = dimension, Limit = random.Next(1, 200) * scale, Time = TimeSpan.FromSeconds(random.Next(1, 20)),
            },
            AccountKind.Concurrency => new AccountSpec { Kind = kind, Dimension = dimension, Limit = random.Next(1, 30) },
            _ => Budget(random, scale),
        };
        return new AccountPlan(owner, new AccountId($"{kind}.{dimension}".ToLowerInvariant(), $"a{number}"), WholeInAMinute(spec));
    }

    /// <summary>Not so slow that it takes longer than a minute to be whole again.</summary>
    public static AccountSpec WholeInAMinute(AccountSpec spec) =>
        spec.Kind == AccountKind.Bucket ? spec with { Refill = Math.Max(spec.Refill, (long)Math.Ceiling(spec.Limit * spec.Time.TotalSeconds / 60)) } : spec;

    private static AccountSpec Bucket(Random random, Dimension dimension, int scale) => new()
    {
        Kind = AccountKind.Bucket,
        Dimension = dimension,
        Limit = (random.Next(4) == 0 ? random.Next(1, 6) : random.Next(1, 300)) * scale,
        Refill = random.Next(1, 40) * scale,
        Time = TimeSpan.FromSeconds(random.Next(1, 10)),
        Floors = random.Next(4) == 0 ? [100, 100, 200] : [],
    };

    private static AccountSpec Budget(Random random, int scale)
    {
        var periods = random.Next(3) == 0 ? new EvenPeriods(TimeSpan.FromSeconds(random.Next(20, 60))) : null;
        return new AccountSpec
        {
            Kind = AccountKind.Budget,
            Dimension = Dimension.Cost,
            Limit = (random.Next(3) == 0 ? random.Next(1, 10) : random.Next(10, 2000)) * scale,
            Periods = periods,
            Orphans = random.Next(3) == 0 ? OrphanPolicy.PostWorst : OrphanPolicy.Hold,
            Notices = random.Next(2) == 0 ? [50, 80, 95, 100] : [],
        };
    }
}
