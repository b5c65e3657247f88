using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Scaling;

/// <summary>The policy in a closed loop with gateways that start slowly, drain, and refuse what is too much for them.</summary>
public sealed class ScalingSimulationTests(ITestOutputHelper output)
{
    private const double Capacity = SimulatedNode.Capacity;

    // What ten gateways have when each has what it should.
    private const double Low = 0.3 * Capacity, Peak = 6.2 * Capacity;

    // 65 % of what one bears, both in requests in flight (1 s each) and in processor time.
    private static readonly ScalingTargetSettings s_target = new()
    {
        ReplicasMax = 20, RequestsInFlight = (int)(0.65 * Capacity), CpuPercent = 65, AdmissionWait = TimeSpan.FromMilliseconds(20),
    };

    private static readonly TimeSpan s_calm = TimeSpan.FromMinutes(2), s_hold = TimeSpan.FromMinutes(5), s_after = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Fleet_WhoseLoadGoesFromOneToTenAndBack_FollowsWithoutARefusedRequest(int seed)
    {
        var fleet = new SimulatedFleet(seed, s_target);
        output.WriteLine("| minute | req/s | should be | serve | drain | in flight | busiest CPU | refused | by |");
        output.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|---|");

        Go(fleet, TimeSpan.FromMinutes(5), print: true);

        output.WriteLine($"{fleet.Served:N0} requests served, longest wait {fleet.WaitMax.TotalMilliseconds:0.#} ms");
        Assert.Equal((0, 0), (fleet.Refused, fleet.CutOff));
        Assert.Equal(10, fleet.ReplicasMax);
        Assert.Equal((1, 1, 0), (fleet.Replicas, fleet.Serving, fleet.Draining));
    }

    [Fact]
    public void Fleet_WhoseLoadRisesEverFaster_RefusesOnceItOutrunsTheStartOfPodsAndTheRoomLeft()
    {
        int[] shares = [65, 50, 35], ramps = [600, 300, 180, 120, 60, 30];
        output.WriteLine("| from 1 to 10 in | " + string.Join(" | ", shares.Select(s => $"{s} %")) + " |");
        output.WriteLine("|--:|--:|--:|--:|");
        var refused = new Dictionary<(int Share, int Seconds), double>();
        foreach (var seconds in ramps)
        {
            foreach (var share in shares)
            {
                var fleet = new SimulatedFleet(1, s_target with { RequestsInFlight = (int)(share * Capacity / 100), CpuPercent = share });
                Go(fleet, TimeSpan.FromSeconds(seconds), print: false);
                refused[(share, seconds)] = fleet.Refused / (double)(fleet.Served + fleet.Refused);
                Assert.Equal((0, 1), (fleet.CutOff, fleet.Replicas));
            }

            output.WriteLine($"| {seconds} s | {string.Join(" | ", shares.Select(s => refused[(s, seconds)].ToString("0.## %", CultureInfo.InvariantCulture)))} |");
        }

        Assert.Equal(0, refused[(65, 600)] + refused[(65, 300)]);
        // No policy starts a pod before it has started: a simulation in which nothing is ever refused would prove nothing.
        Assert.All(shares, share => Assert.True(refused[(share, 30)] > 0));
        Assert.All(ramps, seconds => Assert.True(refused[(35, seconds)] <= refused[(65, seconds)]));
    }

    [Fact]
    public void Fleet_ThatLeavesNoRoom_RefusesWhereTheOtherDoesNot()
    {
        var fleet = new SimulatedFleet(1, new ScalingTargetSettings { ReplicasMax = 20, CpuPercent = 95 });
        Go(fleet, TimeSpan.FromMinutes(5), print: false);
        Assert.True(fleet.Refused > 0);
    }

    [Fact]
    public void Fleet_WithALullInItsLoad_TakesNothingAwayForIt()
    {
        var fleet = new SimulatedFleet(1, s_target);
        fleet.Run(s_calm, _ => Low);
        fleet.Run(TimeSpan.FromMinutes(5), at => Ramp(at, TimeSpan.FromMinutes(5), Low, Peak));
        fleet.Run(TimeSpan.FromMinutes(2), _ => Peak);
        for (var lull = 0; lull < 3; lull++)
        {
            fleet.Run(TimeSpan.FromMinutes(4), _ => Low);
            Assert.Equal(10, fleet.Serving);
            fleet.Run(TimeSpan.FromMinutes(1), _ => Peak);
        }

        Assert.Equal((0, 0), (fleet.Refused, fleet.CutOff));
    }

    private static double Ramp(TimeSpan at, TimeSpan length, double from, double to) => from * Math.Pow(to / from, Math.Min(1, at / length));

    private void Go(SimulatedFleet fleet, TimeSpan ramp, bool print)
    {
        Step(s_calm, _ => Low);
        Step(ramp, at => Ramp(at, ramp, Low, Peak));
        Step(s_hold, _ => Peak);
        Step(ramp, at => Ramp(at, ramp, Peak, Low));
        Step(s_after, _ => Low);

        void Step(TimeSpan length, Func<TimeSpan, double> rate)
        {
            for (var (done, minute) = (TimeSpan.Zero, TimeSpan.FromMinutes(1)); done < length; done += minute)
            {
                var start = done;
                var part = length - done < minute ? length - done : minute;
                fleet.Run(part, at => rate(start + at));
                if (print) Print(fleet, rate(start + part));
            }
        }
    }

    private void Print(SimulatedFleet fleet, double rate) => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {fleet.Now.TotalMinutes:0} | {rate:N0} | {fleet.Replicas} | {fleet.Serving} | {fleet.Draining} | {fleet.InFlight:N0} | {fleet.CpuMax * 100:0} % | {fleet.Refused} | {fleet.Reason} |"));
}
