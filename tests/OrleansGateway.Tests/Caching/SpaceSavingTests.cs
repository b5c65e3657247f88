using OrleansGateway.Caching;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Caching;

/// <summary>The hottest keys, in fixed memory.</summary>
public sealed class SpaceSavingTests
{
    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] // a failure names its seed
    public void Sums_OfAnyStream_AreNeverTooSmallAndMissNoHeavyKey(int seed)
    {
        const int Max = 20;
        var (random, sketch, truth, all) = (new Random(seed), new SpaceSaving<int>(Max), new Dictionary<int, long>(), 0L);
        for (var step = 0; step < 20_000; step++)
        {
            // Few keys that come often among many that come once.
            var key = random.Next(3) == 0 ? random.Next(10) : 1_000 + random.Next(100_000);
            var weight = random.Next(1, 50);
            (truth[key], all) = (truth.GetValueOrDefault(key) + weight, all + weight);
            if (step % 2 == 0) sketch.Add(key, weight);
            else sketch.TryAdd(key, weight);
        }

        var kept = sketch.List();
        Assert.Equal(Max, kept.Count);
        Assert.Equal(kept.OrderByDescending(k => k.Sum).Select(k => k.Sum), kept.Select(k => k.Sum));
        Assert.All(kept, k => Assert.InRange(k.Sum, truth[k.Key], truth[k.Key] + k.OverMax));
        Assert.All(kept, k => Assert.InRange(k.OverMax, 0, all / Max));
        Assert.All(truth.Where(t => t.Value > all / Max), t => Assert.Contains(t.Key, kept.Select(k => k.Key)));
    }

    [Fact]
    public void Hits_OfManyThousand_AreEstimatedAndMissesAreExact()
    {
        var keys = new HotKeys();
        var (hot, cold) = (KeyOf("/hot"), KeyOf("/cold"));
        for (var i = 0; i < 160_000; i++) keys.Hit(hot, 100);
        for (var i = 0; i < 7; i++) keys.Miss(cold);
        var requests = keys.List(HotBy.Requests);
        Assert.Equal(["https://shop.example/hot", "https://shop.example/cold"], requests.Select(k => k.Key.Url));
        // 10,000 samples: ten times their deviation.
        Assert.InRange(requests[0].Sum, 144_000, 176_000);
        Assert.Equal(requests[0].Sum * 100, Assert.Single(keys.List(HotBy.Bytes)).Sum);
        Assert.Equal((KeyOf("/cold").Target, 7L), (keys.List(HotBy.Misses)[0].Key.Target, keys.List(HotBy.Misses)[0].Sum));
    }

    [Fact]
    public void Hit_AllocatesNothing_OnceTheKeyIsKnown()
    {
        var (keys, key) = (new HotKeys(), KeyOf("/hot"));
        for (var i = 0; i < 1_000; i++) keys.Hit(key, 10);
        var bytes = Allocated.Least(() =>
        {
            for (var i = 0; i < 10_000; i++) keys.Hit(key, 10);
        });
        Assert.Equal(0, bytes);
    }

    private static CacheKey KeyOf(string target) => CacheKey.Of(CacheScope.Public, null, new CacheAddress("https", "shop.example", target, "shop", null, target));
}
