using OrleansGateway.Configuration;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Limits;

public sealed class AdaptiveLimitTests
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 150)]
    [InlineData(3, 400)]
    public void Limit_AgainstAServerThatSlowsDown_SettlesWhereItIsTwiceAsSlow(int seed, int capacity)
    {
        var (limit, now) = (new AdaptiveLimit(new AdaptiveSettings()), TimeSpan.Zero);
        Load(limit, new Random(seed), capacity, seconds: 60, ref now);
        // Tolerance is 200 %: as many requests again may wait at the server.
        Assert.InRange(limit.Limit, capacity, capacity * 5 / 2);

        // A fourth of the server is left: it follows within seconds, and comes back when the rest does.
        Load(limit, new Random(seed), capacity / 4, seconds: 20, ref now);
        Assert.InRange(limit.Limit, Math.Min(4, capacity / 4), capacity * 5 / 8 + 2);
        Load(limit, new Random(seed), capacity, seconds: 60, ref now);
        Assert.InRange(limit.Limit, capacity, capacity * 5 / 2);
    }

    [Fact]
    public void Limit_WhenRequestsAreRefusedAsTooMany_FallsOncePerRoundTrip()
    {
        var limit = new AdaptiveLimit(new AdaptiveSettings { Initial = 100, Min = 10 });
        for (var i = 0; i < 20; i++) limit.TryEnter();
        limit.Leave(AdaptiveOutcome.Answered, RoundTrip, RoundTrip);
        for (var i = 0; i < 5; i++) limit.Leave(AdaptiveOutcome.Overloaded, TimeSpan.Zero, RoundTrip + TimeSpan.FromMilliseconds(i));
        Assert.Equal(90, limit.Limit);
        limit.Leave(AdaptiveOutcome.Overloaded, TimeSpan.Zero, RoundTrip * 2);
        Assert.Equal(81, limit.Limit);
        Assert.Equal(13, limit.InFlight);
    }

    [Fact]
    public void Limit_WhenItHoldsNothingBack_StaysAsItIs()
    {
        var (limit, now) = (new AdaptiveLimit(new AdaptiveSettings()), TimeSpan.Zero);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(limit.TryEnter());
            limit.Leave(AdaptiveOutcome.Answered, RoundTrip, now += RoundTrip);
        }

        Assert.Equal((20, 0), (limit.Limit, limit.InFlight));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Limit_OverAnyHistory_StaysWithinItsBoundsAndCountsRight(int seed)
    {
        var (random, now, inFlight) = (new Random(seed), TimeSpan.Zero, 0);
        var limit = new AdaptiveLimit(new AdaptiveSettings { Min = 3, Initial = 5, Max = 30, BackoffPercent = 50, TolerancePercent = 110 });
        for (var step = 0; step < 20_000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(20));
            if (random.Next(2) == 0)
            {
                var isFree = inFlight < limit.Limit;
                Assert.Equal(isFree, limit.TryEnter());
                if (isFree) inFlight++;
            }
            else if (inFlight > 0)
            {
                inFlight--;
                limit.Leave((AdaptiveOutcome)random.Next(3), TimeSpan.FromMilliseconds(random.Next(500)), now);
            }

            Assert.True(limit.Limit is >= 3 and <= 30 && limit.InFlight == inFlight, $"step {step}");
        }
    }

    [Fact]
    public void Limit_WhenEverythingIsRefused_IsNeverBelowTheLeast()
    {
        var (limit, now) = (new AdaptiveLimit(new AdaptiveSettings { Min = 4 }), TimeSpan.Zero);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(limit.TryEnter());
            limit.Leave(AdaptiveOutcome.Overloaded, TimeSpan.Zero, now += TimeSpan.FromSeconds(1));
        }

        Assert.Equal(4, limit.Limit);
    }

    // More clients than the server can take: each answer comes after a time that grows with how many are at it.
    private static void Load(AdaptiveLimit limit, Random random, int capacity, int seconds, ref TimeSpan now)
    {
        var until = now + TimeSpan.FromSeconds(seconds);
        var running = new PriorityQueue<TimeSpan, TimeSpan>();
        while (now < until)
        {
            while (limit.TryEnter())
            {
                var took = RoundTrip * Math.Max(1, (double)limit.InFlight / capacity) * (0.9 + random.NextDouble() * 0.2);
                running.Enqueue(took, now + took);
            }

            running.TryDequeue(out var time, out var at);
            now = at;
            limit.Leave(AdaptiveOutcome.Answered, time, now);
        }

        foreach (var (time, _) in running.UnorderedItems) limit.Leave(AdaptiveOutcome.Answered, time, now);
    }
}
