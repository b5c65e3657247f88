using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>The same request leads to the same target, and a change of the targets moves no more than it must.</summary>
public sealed class ConsistentHashTests
{
    private const int Requests = 20_000;
    private static readonly string[] Names = [.. Enumerable.Range(1, 10).Select(i => $"http://10.0.0.{i}:8080")];

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Pick_AfterATargetIsTakenOut_MovesOnlyWhatItHad(int seed)
    {
        var (before, after) = (new ConsistentHash(Names), new ConsistentHash(Names[1..]));
        var moved = 0;
        foreach (var hash in Hashes(seed))
        {
            var (was, now) = (Names[Pick(before, hash, Weights(10))], Names[1..][Pick(after, hash, Weights(9))]);
            if (was == Names[0]) moved++;
            else Assert.Equal(was, now);
        }

        Assert.InRange(moved, 0.08 * Requests, 0.12 * Requests);
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Pick_WhenATargetCannotBeChosen_SpreadsWhatItHadOverTheOthers(int seed)
    {
        var balancer = new ConsistentHash(Names);
        var without = Weights(10);
        without[3] = default;
        var heirs = new int[10];
        foreach (var hash in Hashes(seed))
        {
            var (was, now) = (Pick(balancer, hash, Weights(10)), Pick(balancer, hash, without));
            if (was == 3) heirs[now]++;
            else Assert.Equal(was, now);
        }

        Assert.Equal(0, heirs[3]);
        Assert.All(heirs.Where((_, i) => i != 3), h => Assert.InRange(h, 0.005 * Requests, 0.02 * Requests));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Pick_AsAWeightGrows_MovesRequestsToThatTargetOnly(int seed)
    {
        var balancer = new ConsistentHash(Names);
        foreach (var hash in Hashes(seed).Take(5_000))
        {
            var at = -1;
            for (var weight = 100L; weight <= 3_000; weight += 290)
            {
                var weights = Weights(10);
                weights[5] = new TargetLoad(weight);
                var now = Pick(balancer, hash, weights);
                Assert.True(at < 0 || now == at || now == 5, $"from {at} to {now} at weight {weight}");
                at = now;
            }
        }
    }

    [Fact]
    public void Hash_OfKnownInputs_IsTheSameInEveryProcess()
    {
        Assert.Equal(0x82A2A958A9BECE5BUL, StableHash.Of("a"));
        Assert.Equal(StableHash.Of("abc"), StableHash.Of("abc"u8));
        Assert.NotEqual(StableHash.Of("user-1"), StableHash.Of("user-2"));
    }

    [Fact]
    public void Pick_OfTextsThatDifferInTheLastCharacter_SpreadsThem()
    {
        var balancer = new ConsistentHash(Names);
        var counts = new int[10];
        for (var i = 0; i < 10_000; i++) counts[Pick(balancer, StableHash.Of($"user-{i}"), Weights(10))]++;
        Assert.All(counts, c => Assert.InRange(c, 850, 1_150));
    }

    private static int Pick(ConsistentHash balancer, ulong hash, TargetLoad[] loads) => balancer.Pick(loads, hash, Random.Shared);

    private static ulong[] Hashes(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Requests).Select(_ => (ulong)random.NextInt64())];
    }

    private static TargetLoad[] Weights(int count) => [.. Enumerable.Repeat(new TargetLoad(1_000), count)];
}
