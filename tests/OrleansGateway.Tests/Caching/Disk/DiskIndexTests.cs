using OrleansGateway.Caching.Disk;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskIndexTests
{
    private const long Size = 1_000;

    private readonly TenantInvalidations _tenant = new(InvalidationBounds.Default);
    private ulong _file;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Index_OverAnyHistory_KeepsItsBooksAndGivesSelectorsBack(int seed)
    {
        var (random, index, model) = (new Random(seed), new DiskIndex(40 * Size), new Dictionary<UInt128, List<DiskEntry>>());
        for (var step = 0; step < 20_000; step++)
        {
            var (key, dropped) = ((UInt128)(uint)random.Next(60), new List<DiskEntry>());
            switch (random.Next(10))
            {
                case < 4:
                    Assert.Equal(model.GetValueOrDefault(key, []).ToHashSet(), [.. index.Find(key)]);
                    break;
                case < 7:
                    var entry = Entry(key, random.NextInt64(1, 2 * Size));
                    Assert.True(index.MakeRoom(entry.Bytes, dropped));
                    index.Add(entry);
                    if (!model.TryGetValue(key, out var entries)) model[key] = entries = [];
                    entries.Add(entry);
                    break;
                case 7:
                    index.Drop(key, e => e.File % 2 == 0, dropped);
                    Assert.All(dropped, e => Assert.Equal((key, 0UL), (e.Key, e.File % 2)));
                    break;
                case 8:
                    index.Sweep(random.Next(1, 20), e => e.File % 5 == 0, dropped);
                    break;
                default:
                    if (model.GetValueOrDefault(key) is [var first, ..]) Assert.True(index.Change(first, e => e.Bytes = random.NextInt64(1, Size)));
                    Assert.True(index.MakeRoom(0, dropped));
                    break;
            }

            foreach (var gone in dropped)
            {
                Assert.True(gone.IsDropped && gone.Cells.IsOver && model[gone.Key].Remove(gone), $"step {step}");
                Assert.False(index.Drop(gone));
            }

            var all = model.Values.SelectMany(e => e).ToList();
            Assert.True(index.Count == all.Count && index.Bytes == all.Sum(e => e.Bytes) && index.Bytes <= 40 * Size, $"step {step}");
        }

        for (var round = 0; round < 100; round++) index.Sweep(10, _ => true, []);
        Assert.Equal((0, 0L, 0), (index.Count, index.Bytes, _tenant.Count));
    }

    [Fact]
    public void Index_AfterAScan_StillHasWhatIsAskedFor()
    {
        var index = new DiskIndex(100 * Size);
        for (var key = 0; key < 80; key++) Put(index, (uint)key);
        for (var scanned = 1_000; scanned < 3_000; scanned++)
        {
            if (scanned % 50 == 0) for (var key = 0; key < 80; key++) index.Find((uint)key);
            Put(index, (uint)scanned);
        }

        Assert.Equal(80, Enumerable.Range(0, 80).Count(key => index.Has((uint)key)));
    }

    [Fact]
    public void MakeRoom_ForWhatIsLargerThanAll_SaysNo()
    {
        var index = new DiskIndex(10 * Size);
        Assert.False(index.MakeRoom(11 * Size, []));
        index.Reserve(6 * Size);
        Assert.False(index.MakeRoom(5 * Size, []));
        index.Reserve(-6 * Size);
        Assert.True(index.MakeRoom(5 * Size, []));
    }

    [Fact]
    public void Sweep_WhenTheNextOneIsDropped_GoesOnBehindIt()
    {
        var (index, seen) = (new DiskIndex(10 * Size), new List<int>());
        for (var key = 0; key < 3; key++) Put(index, (uint)key);
        SweepOne();
        index.Drop(1, static _ => true, []);
        SweepOne();
        Assert.Equal([0, 2], seen);

        void SweepOne() => index.Sweep(1, entry =>
        {
            seen.Add((int)entry.Key);
            return false;
        }, []);
    }

    private void Put(DiskIndex index, UInt128 key)
    {
        var entry = Entry(key, Size);
        index.MakeRoom(Size, []);
        index.Add(entry);
    }

    private DiskEntry Entry(UInt128 key, long bytes)
    {
        using var ticket = _tenant.BeginFill();
        var cells = _tenant.Intern(ticket, "host", $"host/{key}", []);
        return new DiskEntry(key, _file++, 0) { Cells = cells, FillSeq = 0, Bytes = bytes, SpentAt = long.MaxValue };
    }
}
