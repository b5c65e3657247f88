using OrleansGateway.Configuration;
using OrleansGateway.Shedding;

namespace OrleansGateway.Tests.Shedding;

public sealed class ShedCoreTests
{
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(150);
    private readonly OverloadSettings _settings = new() { RequestsMax = 10 };
    private ShedCore _core = new();
    private TimeSpan _now;

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0.25, 0.25, 0, 0)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(1.5, 1, 0.5, 0)]
    [InlineData(2.9, 1, 1, 0.9)]
    [InlineData(3, 1, 1, 1)]
    public void ShareRefused_AtADepth_FillsOneClassAfterTheOther(double depth, double low, double normal, double high)
    {
        Assert.Equal(low, ShedCore.ShareRefused(depth, RoutePriority.Low), 9);
        Assert.Equal(normal, ShedCore.ShareRefused(depth, RoutePriority.Normal), 9);
        Assert.Equal(high, ShedCore.ShareRefused(depth, RoutePriority.High), 9);
    }

    [Theory]
    [InlineData(100, 80, 90, 100)]
    [InlineData(7, 6, 7, 7)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(10_000_000, 8_000_000, 9_000_000, 10_000_000)]
    public void InFlightMax_OfAPriority_KeepsTheLastTenthsForHigherOnes(int max, long low, long normal, long high) =>
        Assert.Equal([low, normal, high], new[] { RoutePriority.Low, RoutePriority.Normal, RoutePriority.High }.Select(p => ShedCore.InFlightMax(p, max)));

    [Fact]
    public void Take_OfOneSpike_RefusesNothing()
    {
        for (var round = 0; round < 100; round++)
        {
            Take(TimeSpan.FromSeconds(2), times: 1);
            Take(s_calm, times: 1);
        }

        Assert.Equal(0, _core.Depth);
    }

    // Such as a machine that was asleep: the first look after it is hours late, and may be the first of its interval.
    [Fact]
    public void Take_OfTheFirstSampleAfterALongPause_RefusesNothing()
    {
        Take(s_calm, times: 5);
        _now += TimeSpan.FromHours(3);
        Take(TimeSpan.FromHours(3), times: 1);
        Take(s_calm, times: 1);
        Assert.Equal(0, _core.Depth);
    }

    [Fact]
    public void Take_OfADelayThatStands_RefusesALargerShareAsTimeGoesBy()
    {
        var depths = Enumerable.Range(0, 4).Select(_ => { Take(s_slow, times: 6); return _core.Depth; }).ToArray();
        Assert.True(depths[0] > 0, $"{depths[0]}");
        Assert.All(Enumerable.Range(1, 3), i => Assert.True(depths[i] > depths[i - 1] && depths[i] < 3, string.Join(", ", depths)));
    }

    [Fact]
    public void Take_OfAWorseDelay_RefusesSooner()
    {
        Take(s_slow, times: 6);
        var slow = _core.Depth;
        _core = new ShedCore();
        Take(s_slow * 4, times: 6);
        Assert.True(_core.Depth >= 2 * slow, $"{_core.Depth} after {slow}");
    }

    [Fact]
    public void Take_OfADelayThatFallsByItself_WaitsForIt()
    {
        Take(s_slow * 8, times: 6);
        var depth = _core.Depth;
        Take(s_slow * 6, times: 5);
        Take(s_slow * 4, times: 5);
        Assert.Equal(depth, _core.Depth);
    }

    [Fact]
    public void Take_OfADelayForGood_StillLetsATenthOfTheHighTry()
    {
        Take(s_slow * 100, times: 1000);
        Assert.Equal(2.9, _core.Depth, 9);
    }

    [Fact]
    public void Take_JustBelowTheThreshold_LetsAllInAgainInTheEnd()
    {
        Take(s_slow, times: 30);
        Assert.True(_core.Depth > 0);
        Take(TimeSpan.FromMilliseconds(99), times: 3000);
        Assert.Equal(0, _core.Depth);
    }

    [Theory]
    [InlineData(0.89, 0)]
    [InlineData(0.9, 1)]
    [InlineData(1.2, 1)]
    public void Take_OfMemory_CountsFromTheThresholdOn(double share, int level)
    {
        Take(s_calm, times: 6, memory: share);
        Assert.Equal(level, _core.Level);
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(10, 3)]
    public void Level_OfRequestsInFlight_TellsHowManyClassesFindNoRoom(long inFlight, int level)
    {
        Take(s_calm, times: 1, inFlight: inFlight);
        Assert.Equal((level, 0), (_core.Level, _core.Depth));
    }

    [Fact]
    public void Level_WhenTheLoadHasGone_StaysForAWhile()
    {
        Take(s_calm, times: 1, inFlight: 10);
        Take(s_calm, times: 49);
        Assert.Equal(3, _core.Level);
        Take(s_calm, times: 1);
        Assert.Equal(0, _core.Level);
    }

    private void Take(TimeSpan delay, int times, double memory = 0.1, long inFlight = 0)
    {
        for (var i = 0; i < times; i++)
        {
            _now += Overload.Period;
            _core.Take(new LoadSample(memory, delay, inFlight), _settings, _now);
        }
    }
}
