using OrleansGateway.Configuration;
using OrleansGateway.Scaling;

namespace OrleansGateway.Tests.Scaling;

/// <summary>What the policy makes of a load.</summary>
public sealed class ScalingPolicyTests
{
    private static readonly ScalingTargetSettings s_inFlight = new() { RequestsInFlight = 100, ReplicasMax = 20 };

    private readonly ScalingPolicy _policy = new();
    private TimeSpan _now;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(950, 10)]
    [InlineData(50_000, 20)]
    public void Take_OfRequestsInFlight_AsksForAsManyAsBearThem(long inFlight, int replicas) => Assert.Equal(replicas, After(s_inFlight, Load(1, inFlight)).Replicas);

    [Theory]
    [InlineData(4, 0.65, 4)] // as it should be
    [InlineData(4, 0.70, 4)] // near enough
    [InlineData(4, 0.60, 4)]
    [InlineData(4, 0.75, 5)]
    [InlineData(4, 1.00, 7)]
    [InlineData(4, 0.30, 2)]
    [InlineData(4, 0.01, 1)]
    public void Take_OfProcessors_AsksForAsManyAsBringTheShareToTheTarget(int nodes, double cpu, int replicas) =>
        Assert.Equal(replicas, After(new ScalingTargetSettings { CpuPercent = 65 }, Load(nodes, cpu: cpu)).Replicas);

    [Theory]
    [InlineData(4, 1, 1)] // well
    [InlineData(4, 10, 4)] // none to spare
    [InlineData(4, 20, 4)]
    [InlineData(4, 25, 5)]
    [InlineData(4, 500, 8)] // twice as many at most
    public void Take_OfAWait_AsksForMoreAboveTheTargetAndKeepsWhatThereIsBelow(int nodes, int milliseconds, int replicas) => Assert.Equal(
        replicas,
        After(new ScalingTargetSettings { AdmissionWait = TimeSpan.FromMilliseconds(20) }, Load(nodes) with { AdmissionWait = TimeSpan.FromMilliseconds(milliseconds) }).Replicas);

    [Theory]
    [InlineData(4, 10, 1)]
    [InlineData(4, 30, 4)]
    [InlineData(4, 3_000, 5)] // one more, for the store may be what is slow
    public void Take_OfALag_AsksForOneMoreAtATime(int nodes, int seconds, int replicas) => Assert.Equal(
        replicas, After(new ScalingTargetSettings { UsageLag = TimeSpan.FromSeconds(60) }, Load(nodes) with { UsageLag = TimeSpan.FromSeconds(seconds) }).Replicas);

    [Fact]
    public void Take_OfSeveralFigures_GoesByTheHighestAndNamesIt()
    {
        var target = new ScalingTargetSettings { RequestsInFlight = 100, CpuPercent = 50 };
        Assert.Equal(new ScalingVerdict(6, true, "cpu"), After(target, Load(3, 200, cpu: 1)));
        Assert.Equal(new ScalingVerdict(8, true, "requests_in_flight"), _policy.Take(Load(3, 800, cpu: 1), target, _now));
    }

    [Fact]
    public void Take_OfALoadThatFalls_KeepsThePeakForTheStabilizationAndNoLonger()
    {
        Take(s_inFlight, Load(1, 900));
        Pass(299);
        Assert.Equal(new ScalingVerdict(9, true, "stabilization"), Take(s_inFlight, Load(9, 300)));
        Pass(2);
        Assert.Equal(new ScalingVerdict(3, true, "requests_in_flight"), Take(s_inFlight, Load(9, 300)));
        Pass(301);
        Assert.Equal(new ScalingVerdict(1, true, "replicas_min"), Take(s_inFlight, Load(3, 0)));
    }

    [Fact]
    public void Take_OfALoadThatFallsInSteps_FollowsEachInItsTime()
    {
        Take(s_inFlight, Load(1, 900));
        Pass(100);
        Take(s_inFlight, Load(1, 600));
        Pass(100);
        Take(s_inFlight, Load(1, 300));
        Pass(101);
        Assert.Equal(6, Take(s_inFlight, Load(1, 100)).Replicas);
        Pass(100);
        Assert.Equal(3, Take(s_inFlight, Load(1, 100)).Replicas);
    }

    [Fact]
    public void Take_ByOneWhoHasOnlyJustBegun_KeepsWhatThereIs()
    {
        Assert.Equal(new ScalingVerdict(7, true, "stabilization"), Take(s_inFlight, Load(7, 100)));
        Pass(301);
        Assert.Equal(1, Take(s_inFlight, Load(7, 100)).Replicas);
    }

    [Fact]
    public void Take_OfNoCalls_NeedsNothingOnceIdle()
    {
        var target = s_inFlight with { ReplicasMin = 0, IdleAfter = TimeSpan.FromMinutes(2), Stabilization = TimeSpan.FromMinutes(10) };
        Assert.Equal(new ScalingVerdict(4, true, "requests_in_flight"), Take(target, Load(1, 400)));
        Pass(119);
        Assert.Equal(4, Take(target, Load(4)).Replicas);
        Pass(1);
        Assert.Equal(new ScalingVerdict(0, false, "idle"), Take(target, Load(4)));
        Pass(1);
        // One request is enough, though none is in flight when it is looked at.
        Assert.True(Take(target, Load(1) with { IsCalled = true }).IsActive);
    }

    [Fact]
    public void Take_OfNoCallsYet_WaitsForTheIdleTimeAllTheSame()
    {
        var target = s_inFlight with { ReplicasMin = 0, IdleAfter = TimeSpan.FromMinutes(2) };
        Assert.Equal((1, true), Take(target, Load(1)) is var verdict ? (verdict.Replicas, verdict.IsActive) : default);
        Pass(120);
        Assert.False(Take(target, Load(1)).IsActive);
    }

    [Fact]
    public void Take_OfNoCallsWhereThereMustBeSome_StaysActive()
    {
        Take(s_inFlight, Load(1));
        Pass(100_000);
        Assert.Equal(new ScalingVerdict(1, true, "replicas_min"), Take(s_inFlight, Load(1)));
    }

    [Fact]
    public void Take_WithOtherBoundsThanBefore_GoesByThem()
    {
        Assert.Equal(9, Take(s_inFlight, Load(1, 900)).Replicas);
        Assert.Equal(new ScalingVerdict(5, true, "replicas_max"), Take(s_inFlight with { ReplicasMax = 5 }, Load(1, 900)));
        Assert.Equal(new ScalingVerdict(12, true, "replicas_min"), Take(s_inFlight with { ReplicasMin = 12 }, Load(1, 900)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Take_OverAnyHistory_StaysWithinTheBoundsAndNeverBelowWhatTheLoadNeeds(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 5_000; step++)
        {
            var load = Load(random.Next(1, 20), random.Next(0, 3_000));
            var verdict = Take(s_inFlight, load);
            Assert.InRange(verdict.Replicas, Math.Min(20, Math.Max(1, (load.RequestsInFlight + 99) / 100)), 20);
            Pass(random.Next(0, 90));
        }
    }

    private static FleetLoad Load(int nodes, long inFlight = 0, double cpu = 0) => new(nodes, inFlight > 0, inFlight, TimeSpan.Zero, cpu, TimeSpan.Zero);

    /// <summary>What is said of a load once what was before counts no more.</summary>
    private ScalingVerdict After(ScalingTargetSettings target, FleetLoad load)
    {
        Take(target, load);
        Pass(301);
        return Take(target, load);
    }

    private ScalingVerdict Take(ScalingTargetSettings target, FleetLoad load) => _policy.Take(load, target, _now);

    private void Pass(int seconds) => _now += TimeSpan.FromSeconds(seconds);
}
