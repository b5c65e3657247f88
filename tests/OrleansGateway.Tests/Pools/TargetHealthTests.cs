using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>When a target is ejected and for how long, and what health checks say.</summary>
public sealed class TargetHealthTests
{
    private static readonly EjectionSettings Settings = new() { ConsecutiveFailures = 3, Duration = TimeSpan.FromSeconds(10), DurationMax = TimeSpan.FromSeconds(60) };
    private static readonly HealthCheckSettings Checks = new() { UnhealthyAfter = 3, HealthyAfter = 2 };

    [Fact]
    public void Note_OfFailuresInARow_EjectsAtTheLast()
    {
        var health = new TargetHealth();
        Assert.False(Fail(ref health, 0));
        Assert.False(Fail(ref health, 1));
        Assert.False(health.Note(good: true, Settings, At(2)));
        Assert.True(health.IsClean);
        Assert.False(Fail(ref health, 3));
        Assert.False(Fail(ref health, 4));
        Assert.Equal(2, health.Failures);
        Assert.True(Fail(ref health, 5));
        Assert.Equal((true, At(15)), (health.Ejected, health.EjectedUntil));
    }

    [Fact]
    public void Note_WhileEjected_ChangesNothing()
    {
        var health = Ejected();
        Assert.False(Fail(ref health, 5));
        Assert.False(health.Note(good: true, Settings, At(5)));
        Assert.Equal((true, At(10), 0), (health.Ejected, health.EjectedUntil, health.Failures));
    }

    [Fact]
    public void TryReturn_BeforeItsTime_IsNot()
    {
        var health = Ejected();
        Assert.False(health.TryReturn(At(9.999)));
        Assert.True(health.TryReturn(At(10)));
        Assert.False(health.Ejected);
        Assert.False(health.TryReturn(At(10)));
    }

    [Fact]
    public void Note_OfOneFailureAfterTheReturn_EjectsForTwiceAsLongUpToTheMost()
    {
        var (health, now, durations) = (Ejected(), 0.0, new List<double>());
        for (var i = 0; i < 30; i++)
        {
            durations.Add(health.EjectedUntil.TotalSeconds - now);
            now = health.EjectedUntil.TotalSeconds;
            Assert.True(health.TryReturn(At(now)));
            Assert.True(Fail(ref health, now));
        }

        Assert.Equal([10, 20, 40, 60, 60], durations.Take(5));
        Assert.All(durations.Skip(3), d => Assert.Equal(60, d));
    }

    [Fact]
    public void Note_OfASuccessAfterTheReturn_EndsTheTrialButKeepsTheDoubling()
    {
        var health = Ejected();
        health.TryReturn(At(10));
        health.Note(good: true, Settings, At(11));
        Assert.False(health.IsClean);
        Assert.False(Fail(ref health, 12));
        Assert.False(Fail(ref health, 13));
        Assert.True(Fail(ref health, 14));
        Assert.Equal(At(34), health.EjectedUntil);
    }

    [Fact]
    public void Note_OfASuccessOnceItDidWellForAsLongAsItWasOut_ForgetsTheDoubling()
    {
        var health = Ejected();
        health.TryReturn(At(10));
        health.Note(good: true, Settings, At(19.9));
        Assert.False(health.IsClean);
        health.Note(good: true, Settings, At(20));
        Assert.True(health.IsClean);
        for (var i = 0; i < 3; i++) Fail(ref health, 21);
        Assert.Equal(At(31), health.EjectedUntil);
    }

    [Fact]
    public void Note_WhenConsecutiveFailuresAreZero_NeverEjects()
    {
        var health = new TargetHealth();
        for (var i = 0; i < 5_000; i++) Assert.False(health.Note(good: false, Settings with { ConsecutiveFailures = 0 }, At(i)));
    }

    [Theory]
    [InlineData("bb", false)]
    [InlineData("bbb", true)]
    [InlineData("bbgbb", false)]
    [InlineData("bbgbbb", true)]
    [InlineData("bbbg", true)]
    [InlineData("bbbgg", false)]
    [InlineData("bbbgbg", true)]
    [InlineData("bbbggbb", false)]
    public void NoteCheck_OverAHistory_NeedsARowToChange(string history, bool unhealthy)
    {
        var health = new TargetHealth();
        foreach (var check in history)
        {
            var before = health.Unhealthy;
            Assert.Equal(health.NoteCheck(check == 'g', Checks), before != health.Unhealthy);
        }

        Assert.Equal(unhealthy, health.Unhealthy);
        Assert.Equal(unhealthy, health.ForgetChecks());
        Assert.False(health.Unhealthy);
    }

    [Theory]
    [InlineData(0, 100)] [InlineData(1, 100)] [InlineData(2, 200)] [InlineData(5, 500)] [InlineData(9.9, 990)] [InlineData(10, 1_000)] [InlineData(99, 1_000)]
    public void SlowStart_OverItsTime_RisesInAStraightLineFromATenth(double seconds, long share) =>
        Assert.Equal(7 * share, SlowStart.Weight(7, At(seconds), At(10)));

    private static TargetHealth Ejected()
    {
        var health = new TargetHealth();
        for (var i = 0; i < 3; i++) Fail(ref health, 0);
        Assert.True(health.Ejected);
        return health;
    }

    private static bool Fail(ref TargetHealth health, double now) => health.Note(good: false, Settings, At(now));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
