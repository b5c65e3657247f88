using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>How balancers share requests out. A failure names its seed.</summary>
public sealed class BalancerTests
{
    private const int Draws = 20_000;

    public static TheoryData<string, int> ByWeight =>
        [.. from policy in new[] { "round_robin", "least_requests", "power_of_two", "consistent_hash" } from seed in new[] { 1, 2, 3 } select (policy, seed)];

    [Theory]
    [MemberData(nameof(ByWeight))]
    public void Pick_AmongIdleTargets_SharesByWeight(string policy, int seed)
    {
        var counts = Simulate(policy, seed, [new(5), new(3), new(2)]);
        Assert.InRange(counts[0], 0.47 * Draws, 0.53 * Draws);
        Assert.InRange(counts[1], 0.27 * Draws, 0.33 * Draws);
        Assert.InRange(counts[2], 0.17 * Draws, 0.23 * Draws);
    }

    [Theory]
    [MemberData(nameof(ByWeight))]
    public void Pick_WhenOneIsAThousandTimesHeavier_StarvesNoneButWeightZero(string policy, int seed)
    {
        var counts = Simulate(policy, seed, [new(1_000_000), new(1_000), new(0)]);
        Assert.InRange(counts[1], 3, 60);
        Assert.Equal(0, counts[2]);
    }

    [Theory]
    [MemberData(nameof(ByWeight))]
    public void Pick_WhenNoneHasWeight_AnswersNone(string policy, int seed)
    {
        var balancer = Balancer(policy, 2);
        Assert.Equal(-1, balancer.Pick([new(0), new(0)], 7, new Random(seed)));
        Assert.Equal(-1, Balancer(policy, 0).Pick([], 7, new Random(seed)));
        Assert.Equal(1, balancer.Pick([new(0), new(1)], 7, new Random(seed)));
    }

    [Fact]
    public void RoundRobin_OfUnevenWeights_InterleavesThem()
    {
        var (balancer, random) = (new RoundRobin(3), new Random(1));
        var order = string.Concat(Enumerable.Range(0, 14).Select(_ => "abc"[balancer.Pick([new(5), new(1), new(1)], 0, random)]));
        Assert.Equal("aabacaaaabacaa", order);
    }

    [Fact]
    public void RoundRobin_WhenATargetComesBack_GivesItNoBurst()
    {
        var (balancer, random) = (new RoundRobin(2), new Random(1));
        for (var i = 0; i < 100; i++) Assert.Equal(0, balancer.Pick([new(1), new(0)], 0, random));
        var back = Enumerable.Range(0, 10).Select(_ => balancer.Pick([new(1), new(1)], 0, random)).ToArray();
        Assert.Equal(5, back.Count(i => i == 1));
        Assert.DoesNotContain((1, 1), back.Zip(back.Skip(1)));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void LeastRequests_OverAnyLoads_TakesNoneThatHasMoreToDoThanAnother(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 2_000; step++)
        {
            var loads = RandomLoads(random);
            var chosen = new LeastRequests().Pick(loads, 0, random);
            if (chosen < 0) Assert.All(loads, l => Assert.Equal(0, l.Weight));
            else Assert.All(loads.Where(l => l.Weight > 0), l => Assert.True((double)loads[chosen].InFlight / loads[chosen].Weight <= (double)l.InFlight / l.Weight, $"step {step}"));
        }
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void PowerOfTwo_OverAnyLoads_NeverTakesTheBusiest(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 2_000; step++)
        {
            var loads = RandomLoads(random);
            var usable = loads.Where(l => l.Weight > 0).Select(l => (double)l.InFlight / l.Weight).ToArray();
            var chosen = new PowerOfTwo().Pick(loads, 0, random);
            if (usable.Length < 2 || usable.Count(u => u.Equals(usable.Max())) > 1) continue;
            Assert.True((double)loads[chosen].InFlight / loads[chosen].Weight < usable.Max(), $"step {step}");
        }
    }

    [Fact]
    public void PowerOfTwo_OfEqualLoads_TakesTheOneWithFewerFailures()
    {
        var random = new Random(1);
        for (var i = 0; i < 100; i++) Assert.Equal(1, new PowerOfTwo().Pick([new(1, 2, 3), new(1, 2, 0)], 0, random));
    }

    /// <summary>Requests that last: what is in flight comes to stand as the weights do.</summary>
    [Theory]
    [InlineData("least_requests", 1)] [InlineData("least_requests", 2)]
    [InlineData("power_of_two", 1)] [InlineData("power_of_two", 2)]
    public void Pick_UnderLoad_KeepsWhatIsInFlightByWeight(string policy, int seed)
    {
        var (balancer, random) = (Balancer(policy, 4), new Random(seed));
        TargetLoad[] loads = [new(4), new(2), new(1), new(1)];
        var inFlight = new Queue<int>();
        for (var i = 0; i < Draws; i++)
        {
            // The first target is ten times as slow: a request goes to its end or to the back of the line.
            if (inFlight.Count >= 80)
            {
                var done = inFlight.Dequeue();
                if (done == 0 && random.Next(10) != 0) inFlight.Enqueue(done);
                else loads[done] = loads[done] with { InFlight = loads[done].InFlight - 1 };
            }

            var chosen = balancer.Pick(loads, 0, random);
            loads[chosen] = loads[chosen] with { InFlight = loads[chosen].InFlight + 1 };
            inFlight.Enqueue(chosen);
        }

        var most = loads.Max(l => (double)l.InFlight / l.Weight);
        var least = loads.Min(l => (double)l.InFlight / l.Weight);
        Assert.InRange(most / least, 1, policy == "least_requests" ? 1.1 : 1.5);
    }

    private static double[] Simulate(string policy, int seed, TargetLoad[] loads)
    {
        var (balancer, random) = (Balancer(policy, loads.Length), new Random(seed));
        var counts = new double[loads.Length];
        for (var i = 0; i < Draws; i++) counts[balancer.Pick(loads, (ulong)random.NextInt64(), random)]++;
        return counts;
    }

    private static TargetLoad[] RandomLoads(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => new TargetLoad(random.Next(4), random.Next(20), random.Next(3)))];

    private static IBalancer Balancer(string policy, int targets) => policy switch
    {
        "round_robin" => new RoundRobin(targets),
        "least_requests" => new LeastRequests(),
        "power_of_two" => new PowerOfTwo(),
        _ => new ConsistentHash(Enumerable.Range(0, targets).Select(i => $"http://10.0.0.{i}:80")),
    };
}
