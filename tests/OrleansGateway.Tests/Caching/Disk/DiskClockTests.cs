using OrleansGateway.Caching.Disk;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Clock_OverAStop_CountsTheTimeOfTheMachine()
    {
        var first = new DiskClock(_time, null);
        _time.Advance(TimeSpan.FromMinutes(1));
        var came = first.Now;
        var mark = (_time.GetUtcNow(), first.Now);
        _time.Advance(TimeSpan.FromHours(2));
        var second = new DiskClock(_time, mark);
        Assert.Equal(TimeSpan.FromHours(2), TimeSpan.FromMilliseconds(second.Now - came));
        Assert.Equal(TimeSpan.FromHours(2), _time.GetElapsedTime(second.TimestampAt(came)));
    }

    [Fact]
    public void Clock_ThatHasGoneBackOverAStop_MakesAllOfBeforeOld()
    {
        var first = new DiskClock(_time, null);
        var came = first.Now;
        var mark = (_time.GetUtcNow() + TimeSpan.FromSeconds(1), first.Now);
        for (var run = 0; run < 5; run++)
        {
            var next = new DiskClock(_time, mark);
            Assert.True(_time.GetElapsedTime(next.TimestampAt(came)) >= DiskClock.Unknown, $"run {run}");
            mark = (_time.GetUtcNow() + TimeSpan.FromSeconds(1), next.Now);
        }
    }

    [Fact]
    public void Clock_WhileItRuns_GoesByElapsedTimeOnly()
    {
        var clock = new DiskClock(_time, null);
        var before = clock.Now;
        _time.PauseMachine(TimeSpan.FromHours(5));
        Assert.Equal(before, clock.Now);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((before + 3_000, before), (clock.Now, clock.At(_time.GetTimestamp() - TimeSpan.FromSeconds(3).Ticks)));
    }
}
