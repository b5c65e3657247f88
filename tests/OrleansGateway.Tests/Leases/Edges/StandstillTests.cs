using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Edges;

public sealed class StandstillTests
{
    private static readonly long Second = TimeSpan.TicksPerSecond;

    private readonly Standstill _standstill = new(clock: 5 * Second, wall: 1000 * Second);

    [Fact]
    public void Tell_WhileTheClocksAgree_IsTheClock()
    {
        Assert.True(_standstill.TryTell(7 * Second, 1002 * Second, out var now));
        Assert.Equal(TimeSpan.FromSeconds(7), now);
    }

    [Fact]
    public void Notice_WhenTheWallClockIsAhead_AddsTheTimeThatTheMachineStood()
    {
        Assert.False(_standstill.TryTell(7 * Second, 1032 * Second, out _));
        _standstill.Notice(7 * Second, 1032 * Second);

        Assert.True(_standstill.TryTell(8 * Second, 1033 * Second, out var now));
        Assert.Equal(TimeSpan.FromSeconds(38), now);
    }

    [Fact]
    public void Notice_WhenTheWallClockWasSetBack_AddsNothing_AndThenSeesAPause()
    {
        _standstill.Notice(7 * Second, 902 * Second);
        Assert.True(_standstill.TryTell(8 * Second, 903 * Second, out var now));
        Assert.Equal(TimeSpan.FromSeconds(8), now);

        _standstill.Notice(8 * Second, 913 * Second);
        Assert.True(_standstill.TryTell(8 * Second, 913 * Second, out now));
        Assert.Equal(TimeSpan.FromSeconds(18), now);
    }

    [Fact]
    public void Tell_OfManySmallJumps_NoticesThemTogether()
    {
        var step = Standstill.Least.Ticks * 2 / 5;
        Assert.True(_standstill.TryTell(5 * Second, (1000 * Second) + step, out _));
        _standstill.Notice(5 * Second, (1000 * Second) + (2 * step));
        Assert.False(_standstill.TryTell(5 * Second, (1000 * Second) + (3 * step), out _));
    }
}
