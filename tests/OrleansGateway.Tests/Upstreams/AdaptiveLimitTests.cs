using OrleansGateway.Configuration;
using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Upstreams;

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
        limit.Note(AdaptiveOutcome.Answered, RoundTrip, 20, RoundTrip);
        for (var i = 0; i < 5; i++) limit.Note(AdaptiveOutcome.Overloaded, TimeSpan.Zero, 20, RoundTrip + TimeSpan.FromMilliseconds(i));
        Assert.Equal(90, limit.Limit);
        limit.Note(AdaptiveOutcome.Overloaded, TimeSpan.Zero, 20, RoundTrip * 2);
        Assert.Equal(81, limit.Limit);
    }

    [Fact]
    public void Limit_WhenItHoldsNothingBack_StaysAsItIs()
    {
        var (limit, now) = (new AdaptiveLimit(new AdaptiveSettings()), TimeSpan.Zero);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(limit.HasRoom(0));
            limit.Note(AdaptiveOutcome.Answered, RoundTrip, 1, now += RoundTrip);
        }

        Assert.Equal(20, limit.Limit);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Limit_OverAnyHistory_StaysWithinItsBounds(int seed)
    {
        var (random, now, inFlight) = (new Random(seed), TimeSpan.Zero, 0);
        var limit = new AdaptiveLimit(new AdaptiveSettings { Min = 3, Initial = 5, Max = 30, BackoffPercent = 50, TolerancePercent = 110 });
        for (var step = 0; step < 20_000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(20));
            if (random.Next(2) == 0)
            {
                Assert.Equal(inFlight < limit.Limit, limit.HasRoom(inFlight));
                if (limit.HasRoom(inFlight)) inFlight++;
            }
            else if (inFlight > 0)
            {
                limit.Note((AdaptiveOutcome)random.Next(3), TimeSpan.FromMilliseconds(random.Next(500)), inFlight--, now);
            }

            Assert.True(limit.Limit is >= 3 and <= 30, $"step {step}");
        }
    }

    [Fact]
    public void Limit_WhenEverythingIsRefused_IsNeverBelowTheLeast()
    {
        var (limit, now) = (new AdaptiveLimit(new AdaptiveSettings { Min = 4 }), TimeSpan.Zero);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(limit.HasRoom(0));
            limit.Note(AdaptiveOutcome.Overloaded, TimeSpan.Zero, 1, now += TimeSpan.FromSeconds(1));
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
            while (limit.HasRoom(running.Count))
            {
                var took = RoundTrip * Math.Max(1, (running.Count + 1.0) / capacity) * (0.9 + random.NextDouble() * 0.2);
                running.Enqueue(took, now + took);
            }

            running.TryDequeue(out var time, out var at);
            limit.Note(AdaptiveOutcome.Answered, time, running.Count + 1, now = at);
        }
    }
}
