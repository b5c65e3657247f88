using OrleansGateway.Caching.Store;

namespace OrleansGateway.Tests.Caching;

public sealed class MemoryStoreTests
{
    private const int PerItem = 100 + MemoryStore<int, Item>.BytesPerItem;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Store_OverAnyHistory_HoldsNoMoreThanItsBytesAndLosesNothingTwice(int seed)
    {
        var random = new Random(seed);
        var items = new List<Item>();
        var store = new MemoryStore<int, Item>(40 * PerItem, new Random(seed));
        for (var step = 0; step < 20_000; step++)
        {
            var key = random.Next(200);
            switch (random.Next(10))
            {
                case < 6:
                    Assert.False(store.Find(key)?.HasLeft ?? false, $"step {step}");
                    break;
                case < 9:
                    // Now and then one that no store of this size can hold.
                    var item = new Item(random.Next(50) == 0 ? 100 * PerItem : random.Next(1, 2000));
                    items.Add(item);
                    store.Put(key, item);
                    break;
                default:
                    store.Change(key, 0, static (_, _) => null);
                    break;
            }

            Assert.True(store.Bytes <= store.BytesMax, $"step {step}: {store.Bytes}");
        }

        var stored = Enumerable.Range(0, 200).Select(key => store.Peek(key)).Where(item => item is not null).ToHashSet();
        Assert.Equal(stored.Count, store.Count);
        Assert.Equal(stored.Sum(item => item!.Bytes + MemoryStore<int, Item>.BytesPerItem), store.Bytes);
        Assert.All(items, item => Assert.Equal(stored.Contains(item) ? 0 : 1, item.Left));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Store_UnderZipfWithScans_HitsMoreOftenThanLeastRecentlyUsed(int seed)
    {
        const int Capacity = 500;
        var (trace, store, hits) = (ZipfWithScans(seed), new MemoryStore<int, Item>(Capacity * PerItem, new Random(seed)), 0);
        foreach (var key in trace)
        {
            if (store.Find(key) is null) store.Put(key, new Item(100));
            else hits++;
        }

        var others = LeastRecentlyUsed(trace, Capacity);
        Assert.True(hits > others * 1.15, $"{hits} hits of {trace.Length}; least recently used has {others}");
    }

    [Fact]
    public void Store_AfterAScanOfTwentyTimesItsSize_StillHasWhatIsAskedForOften()
    {
        var store = new MemoryStore<int, Item>(100 * PerItem, new Random(1));
        for (var key = 0; key < 80; key++) store.Put(key, new Item(100));
        for (var round = 0; round < 20; round++)
        {
            for (var key = 0; key < 80; key++) store.Find(key);
        }

        for (var key = 1_000; key < 3_000; key++) store.Put(key, new Item(100));
        Assert.True(Enumerable.Range(0, 80).Count(key => store.Peek(key) is not null) >= 76);
    }

    [Fact]
    public void Find_OfWhatIsThere_AllocatesNothing()
    {
        var store = new MemoryStore<int, Item>(100 * PerItem, new Random(1));
        store.Put(1, new Item(100));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 10_000; i++) store.Find(1);
        }));
    }

    [Fact]
    public void Sweep_OnManyThreadsAtOnce_IsDoneByOneOfThem()
    {
        var store = new MemoryStore<int, Item>(1000 * PerItem, new Random(1));
        for (var key = 0; key < 500; key++) store.Put(key, new Item(50));
        Parallel.For(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => store.Sweep(7, 0, static (_, _) => false, static (item, _) => item));
        // One that comes while another sweeps does not wait for it.
        var inner = -1;
        store.Sweep(1, 0, (_, _) =>
        {
            var other = new Thread(() => inner = store.Sweep(1, 0, static (_, _) => false, static (item, _) => item));
            other.Start();
            other.Join();
            return false;
        }, static (item, _) => item);
        Assert.Equal((0, 500), (inner, store.Count));
    }

    [Fact]
    public void Sweep_ByAndBy_TakesOutAllThatIsSpent()
    {
        var store = new MemoryStore<int, Item>(1000 * PerItem, new Random(1));
        for (var key = 0; key < 500; key++) store.Put(key, new Item(key % 2 == 0 ? 50 : 60));
        for (var round = 0; round < 100; round++) store.Sweep(10, 50, static (item, bytes) => item.Bytes == bytes, static (item, bytes) => item?.Bytes == bytes ? null : item);
        Assert.Equal(250, store.Count);
        for (var round = 0; round < 100; round++) store.Sweep(10, 0, static (_, _) => true, static (_, _) => null);
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Store_UsedByManyAtOnce_KeepsItsBooks(int seed)
    {
        var store = new MemoryStore<int, Item>(50 * PerItem, new Random(seed));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            var random = new Random(seed * 100 + worker);
            for (var step = 0; step < 20_000; step++)
            {
                var key = random.Next(300);
                if (store.Find(key) is null) store.Put(key, new Item(random.Next(1, 500)));
                else if (random.Next(20) == 0) store.Change(key, 0, static (_, _) => null);
            }
        })));
        var stored = Enumerable.Range(0, 300).Select(key => store.Peek(key)).Where(item => item is not null).ToList();
        Assert.Equal(stored.Count, store.Count);
        Assert.Equal(stored.Sum(item => item!.Bytes + MemoryStore<int, Item>.BytesPerItem), store.Bytes);
        Assert.InRange(store.Bytes, 1, store.BytesMax);
    }

    private static int[] ZipfWithScans(int seed)
    {
        const int Keys = 10_000;
        var random = new Random(seed);
        var sums = new double[Keys];
        for (var i = 0; i < Keys; i++) sums[i] = (i == 0 ? 0 : sums[i - 1]) + 1 / Math.Pow(i + 1, 0.9);
        var (trace, scanned) = (new List<int>(), Keys);
        while (trace.Count < 150_000)
        {
            for (var i = 0; i < 3_000; i++)
            {
                var at = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
                trace.Add(at < 0 ? ~at : at);
            }

            for (var i = 0; i < 1_000; i++) trace.Add(scanned++);
        }

        return [.. trace];
    }

    private static int LeastRecentlyUsed(int[] trace, int capacity)
    {
        var (order, places, hits) = (new LinkedList<int>(), new Dictionary<int, LinkedListNode<int>>(), 0);
        foreach (var key in trace)
        {
            if (places.TryGetValue(key, out var node))
            {
                hits++;
                order.Remove(node);
            }
            else if (places.Count == capacity)
            {
                places.Remove(order.Last!.Value);
                order.RemoveLast();
            }

            places[key] = order.AddFirst(key);
        }

        return hits;
    }

    internal sealed class Item(long bytes) : IStored
    {
        private int _left;

        public long Bytes => bytes;

        public int Left => _left;

        public bool HasLeft => _left > 0;

        void IStored.Left(IStored? successor) => Interlocked.Increment(ref _left);
    }
}
