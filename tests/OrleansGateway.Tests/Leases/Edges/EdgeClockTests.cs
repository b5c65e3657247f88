using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Edges;

public sealed class EdgeClockTests
{
    [Fact]
    public void Now_WhenTheMachineWasPaused_CountsIt_OnceTheWallClockIsRight()
    {
        var time = new PausedTime();
        var clock = new EdgeClock(time);
        time.Stamp += TimeSpan.FromSeconds(3);
        Assert.Equal(TimeSpan.FromSeconds(3), clock.Now);

        time.Wall += TimeSpan.FromSeconds(60);

        Assert.Equal(TimeSpan.FromSeconds(63), clock.Now);
        Assert.Equal(TimeSpan.FromSeconds(63), clock.Now);
    }

    [Fact]
    public void Now_WhenItsThreadWasStoppedBetweenTheClocks_LooksAgain()
    {
        var time = new PausedTime();
        var clock = new EdgeClock(time);
        time.StopsFor = TimeSpan.FromSeconds(2);

        // The time that passed between is no pause: it is on both clocks, and counts once.
        Assert.InRange(clock.Now, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), clock.Now);
    }

    // What the system has been up for is counted with its sleep.
    [Fact]
    public void MachineTime_OnLinux_IsWhatTheMachineHasBeenUpFor()
    {
        var time = MachineTime.Of(TimeProvider.System);
        if (!OperatingSystem.IsLinux())
        {
            Assert.Same(TimeProvider.System, time);
            return;
        }

        var before = Uptime();
        var now = time.GetTimestamp() / (double)time.TimestampFrequency;
        Assert.InRange(now, before - 0.02, Uptime() + 0.02);
    }

    [Fact]
    public void MachineTime_OfTheWall_IsThatOfTheSystem_ButForATick()
    {
        var time = MachineTime.Of(TimeProvider.System);
        var before = TimeProvider.System.GetUtcNow();
        var now = time.GetUtcNow();
        Assert.InRange(now, before - TimeSpan.FromMilliseconds(50), TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void MachineTime_OfAnotherTime_IsThat()
    {
        var manual = new ManualTime();
        Assert.Same(manual, MachineTime.Of(manual));
    }

    private static double Uptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Both clocks go on only when a test says so, and once between two looks.</summary>
    private sealed class PausedTime : TimeProvider
    {
        private TimeSpan _stamp = TimeSpan.FromHours(7);

        public TimeSpan Wall { get; set; } = TimeSpan.FromDays(700_000);

        /// <summary>For how long the thread is stopped after it next looks at the one clock, before it looks at the other.</summary>
        public TimeSpan StopsFor { get; set; }

        public TimeSpan Stamp
        {
            get => _stamp;
            set => (Wall, _stamp) = (Wall + (value - _stamp), value);
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            var stamp = Stamp.Ticks;
            Stamp += StopsFor;
            StopsFor = TimeSpan.Zero;
            return stamp;
        }

        public override DateTimeOffset GetUtcNow() => new(Wall.Ticks, TimeSpan.Zero);
    }
}
