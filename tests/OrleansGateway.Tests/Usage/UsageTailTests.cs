using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageTailTests
{
    private readonly UsageTail _tail = new();

    [Fact]
    public void Publish_ToAWatcherWhoDoesNotRead_KeepsTheFirstAndCountsTheRest()
    {
        using var slow = _tail.Watch(_ => true)!;
        for (var i = 0; i < UsageTail.QueueMax + 7; i++) _tail.Publish(TestRecords.Usual(Guid.NewGuid()) with { Attempt = i });
        Assert.Equal((7, 0), (slow.TakeLost(), slow.TakeLost()));
        for (var i = 0; i < UsageTail.QueueMax; i++)
        {
            Assert.True(slow.Records.TryRead(out var record));
            Assert.Equal(i, record.Attempt);
        }

        Assert.False(slow.Records.TryRead(out _));
    }

    [Fact]
    public void Publish_OfWhatIsNotWanted_NeitherComesNorCountsAsLost()
    {
        using var picky = _tail.Watch(r => r.Tenant == "other")!;
        for (var i = 0; i < UsageTail.QueueMax + 1; i++) _tail.Publish(TestRecords.Usual(Guid.NewGuid()));
        Assert.False(picky.Records.TryRead(out _));
        Assert.Equal(0, picky.TakeLost());
    }

    [Fact]
    public void Watch_WhenTooManyDo_IsRefusedUntilOneGoes()
    {
        var watchers = Enumerable.Range(0, UsageTail.WatchersMax).Select(_ => _tail.Watch(_ => true)!).ToArray();
        Assert.Null(_tail.Watch(_ => true));
        watchers[3].Dispose();
        _tail.Publish(TestRecords.Usual(Guid.NewGuid()));
        Assert.False(watchers[3].Records.TryRead(out _));
        Assert.True(watchers[4].Records.TryRead(out _));
        Assert.NotNull(_tail.Watch(_ => true));
    }

    [Fact]
    public void Publish_WithNobodyWatching_AllocatesNothing()
    {
        var record = TestRecords.Usual(Guid.NewGuid());
        _tail.Publish(record);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) _tail.Publish(record);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
