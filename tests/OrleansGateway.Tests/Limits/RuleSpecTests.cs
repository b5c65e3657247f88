using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Limits;

/// <summary>What accounts are like, by the settings that make them.</summary>
public sealed class RuleSpecTests
{
    [Theory]
    [InlineData("limit: 60", "Bucket", 60, 60, "00:01:00")]
    [InlineData("limit: 60, burst: 5, window: 1s", "Bucket", 5, 60, "00:00:01")]
    [InlineData("limit: 60, algorithm: gcra", "Bucket", 1, 60, "00:01:00")]
    [InlineData("limit: 60, algorithm: leaky_bucket, burst: 3", "Bucket", 3, 60, "00:01:00")]
    [InlineData("limit: 0, burst: 5", "Bucket", 0, 0, "00:01:00")]
    [InlineData("limit: 60, algorithm: sliding_window", "SlidingWindow", 60, 0, "00:01:00")]
    [InlineData("limit: 60, algorithm: fixed_window", "FixedWindow", 60, 0, "00:00:00")]
    [InlineData("limit: 60, algorithm: fixed_window, align: first_use, window: 5h", "FixedWindow", 60, 0, "05:00:00")]
    [InlineData("limit: 60, count: concurrency", "Concurrency", 60, 0, "00:00:00")]
    [InlineData("limit: 0.50, count: cost", "Bucket", 500_000_000, 500_000_000, "00:01:00")]
    public void SpecOf_ARateLimit_IsOfItsAlgorithm(string rule, string kind, long limit, long refill, string time)
    {
        var spec = Spec($"rate_limits: {{ r: {{ {rule} }} }}\n", "rate_limits.r");
        Assert.Equal((kind, limit, refill, TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture)), (spec.Kind.ToString(), spec.Limit, spec.Refill, spec.Time));
        Assert.Equal(kind == "FixedWindow" && spec.Time == TimeSpan.Zero, spec.Periods is not null);
    }

    [Fact]
    public void SpecOf_ARateLimit_CarriesFloorsShadowAndTheMostAccounts()
    {
        var spec = Spec("rate_limits: { r: { limit: 60, shadow: true, accounts_max: 7, floors: { low: 5, high: 30 } } }\n", "rate_limits.r");
        Assert.True(spec.Shadow);
        Assert.Equal(7, spec.AccountsMax);
        Assert.Equal([50, 0, 300], spec.Floors);
    }

    [Theory]
    [InlineData("minute", "2026-11-22T12:00Z", "2026-11-22T12:01Z")]
    [InlineData("hour", "2026-11-22T12:00Z", "2026-11-22T13:00Z")]
    [InlineData("day, time_zone: Europe/Berlin", "2026-11-21T23:00Z", "2026-11-22T23:00Z")]
    [InlineData("week", "2026-11-16T00:00Z", "2026-11-23T00:00Z")]
    [InlineData("month", "2026-11-01T00:00Z", "2026-12-01T00:00Z")]
    [InlineData("6h", "2026-11-22T12:00Z", "2026-11-22T18:00Z")]
    public void SpecOf_AFixedWindow_HasThePeriodsOfItsCalendar(string window, string start, string end) =>
        AssertPeriod(Spec($"rate_limits: {{ r: {{ limit: 1, algorithm: fixed_window, window: {window} }} }}\n", "rate_limits.r"), start, end);

    [Theory]
    [InlineData("period: day, starts: { hour: 6 }", "2026-11-22T06:00Z", "2026-11-23T06:00Z")]
    [InlineData("period: week, starts: { weekday: sunday }", "2026-11-22T00:00Z", "2026-11-29T00:00Z")]
    [InlineData("limit: 5", "2026-11-01T00:00Z", "2026-12-01T00:00Z")]
    [InlineData("starts: { day: 31 }", "2026-10-31T00:00Z", "2026-11-30T00:00Z")]
    [InlineData("period: quarter", "2026-10-01T00:00Z", "2027-01-01T00:00Z")]
    [InlineData("period: year, starts: { month: 4, day: 6 }, time_zone: Europe/London", "2026-04-05T23:00Z", "2027-04-05T23:00Z")]
    public void SpecOf_ABudget_HasThePeriodsOfItsCalendar(string period, string start, string end)
    {
        var rule = period.Contains("limit", StringComparison.Ordinal) ? period : $"limit: 5, {period}";
        AssertPeriod(Spec($"budgets: {{ b: {{ {rule} }} }}\n", "budgets.b"), start, end);
    }

    [Fact]
    public void SpecOf_ABudget_CarriesWhatIsStated()
    {
        var plain = Spec("budgets: { b: { limit: 12.345678901 } }\n", "budgets.b");
        Assert.Equal((AccountKind.Budget, Dimension.Cost, 12_345_678_901, OrphanPolicy.Hold, false), (plain.Kind, plain.Dimension, plain.Limit, plain.Orphans, plain.RollsOver));
        Assert.Equal([50, 80, 95, 100], plain.Notices);

        var other = Spec("budgets: { b: { limit: 1, notices: [90, 10, 90], orphans: release_after, orphans_kept: 2h, rolls_over: true } }\n", "budgets.b");
        Assert.Equal((OrphanPolicy.ReleaseAfter, TimeSpan.FromHours(2), true), (other.Orphans, other.OrphansKept, other.RollsOver));
        Assert.Equal([10, 90], other.Notices);

        var rolling = Spec("budgets: { b: { limit: 1, rolling: 30d, orphans: post_worst } }\n", "budgets.b");
        Assert.Equal((null, TimeSpan.FromDays(30), OrphanPolicy.PostWorst), (rolling.Periods, rolling.Time, rolling.Orphans));

        var lifetime = Spec("budgets: { b: { limit: 1, period: lifetime } }\n", "budgets.b");
        Assert.Equal((null, TimeSpan.Zero), (lifetime.Periods, lifetime.Time));
    }

    [Fact]
    public void SpecOf_WhileABoostLasts_IsAnotherOne()
    {
        var bed = new RuleBed(
            """
            rate_limits:
              r:
                per: [key]
                limit: 60
                burst: 10
                boosts:
                  - { from: 2026-11-22T13:00:00Z, until: 2026-11-22T14:00:00Z, percent: 250 }
                  - { from: 2026-11-22T13:30:00Z, until: 2026-11-22T15:00:00Z, limit: 7 }
                overrides:
                  - { match: { keys: [big] }, limit: 600 }
            """);
        (string Minute, long[] Expected, string Valid)[] stretches =
        [
            ("12:59", [10, 60, 600, 600], "13:00"),
            ("13:00", [25, 150, 1_500, 1_500], "13:30"),
            ("13:59", [25, 150, 1_500, 1_500], "14:00"),
            ("14:00", [7, 7, 7, 7], "15:00"),
            ("15:00", [10, 60, 600, 600], ""),
        ];
        foreach (var (minute, expected, valid) in stretches)
        {
            var table = new RuleTable(bed.Snapshot.Settings, bed.Book, At(minute));
            var (app, big) = (table.SpecOf(new AccountId("rate_limits.r", "acme/app"))!, table.SpecOf(new AccountId("rate_limits.r", "acme/big"))!);
            Assert.Equal(expected, new[] { app.Limit, app.Refill, big.Limit, big.Refill });
            Assert.Equal(valid.Length == 0 ? DateTimeOffset.MaxValue : At(valid), table.ValidUntil);
        }

        static DateTimeOffset At(string minute) => DateTimeOffset.Parse($"2026-11-22T{minute}:00Z", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("limit: 1", OnLimit.Reject, OnUnavailable.Closed)]
    [InlineData("limit: 1, algorithm: leaky_bucket", OnLimit.Shape, OnUnavailable.Closed)]
    [InlineData("limit: 1, per: [ip]", OnLimit.Reject, OnUnavailable.Open)]
    [InlineData("limit: 1, per: [ip], on_unavailable: closed, on_limit: queue", OnLimit.Queue, OnUnavailable.Closed)]
    public void Rule_WithoutPolicies_HasThoseOfItsKind(string rule, OnLimit onLimit, OnUnavailable onUnavailable)
    {
        var compiled = Assert.Single(new RuleBed($"rate_limits: {{ r: {{ {rule} }} }}\n").Table.Rules);
        Assert.Equal((onLimit, onUnavailable), (compiled.OnLimit, compiled.OnUnavailable));
    }

    private static AccountSpec Spec(string rules, string id) => new RuleBed(rules).Table.SpecOf(new AccountId(id, ""))!;

    private static void AssertPeriod(AccountSpec spec, string start, string end)
    {
        var period = spec.Periods!.At(RuleBed.Now);
        Assert.Equal((Instant(start), Instant(end)), (period.Start, period.End));

        static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}
