using OrleansGateway.Configuration;
using OrleansGateway.Prices;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageLogTests : IDisposable
{
    private readonly UsageLogBed _bed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Flush_AfterAppending_HasAllInTheStoreInOrder()
    {
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        for (var i = 0; i < 300; i++)
        {
            Assert.True(log.TryAppend([UsageLogBed.Record(2 * i), UsageLogBed.Record(2 * i + 1)]));
            if (i % 50 == 0) await log.FlushAsync(Cancel);
            log.Tidy();
        }

        await log.FlushAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 600).Select(UsageLogBed.IdOf), _bed.Store.Order);
        Assert.Equal((600, 600, 0), (_bed.Figures.Appended, _bed.Figures.Applied, _bed.Figures.Known));
        Assert.Equal(0, log.Backlog.Bytes);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
        await log.DisposeAsync();
        Assert.Empty(_bed.Sessions);
    }

    [Fact(Timeout = 60_000)]
    public async Task Open_AfterAnEndWithoutShipping_BringsWhatWasLeft()
    {
        for (var session = 0; session < 3; session++)
        {
            await using var log = _bed.Open();
            for (var i = 0; i < 40; i++) Assert.True(log.TryAppend([UsageLogBed.Record(100 * session + i)]));
        }

        Assert.Equal(3, _bed.Sessions.Length);
        await using var last = _bed.Open();
        await using var shipper = _bed.Ship(last);
        await last.FlushAsync(Cancel);
        Assert.Equal(120, _bed.Store.Records.Count);
        Assert.Single(_bed.Sessions);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Open_AfterPartWasApplied_DoesNotApplyItAgain()
    {
        await using (var log = _bed.Open())
        {
            await using var shipper = _bed.Ship(log);
            for (var i = 0; i < 5; i++) log.TryAppend([UsageLogBed.Record(i)]);
            await log.FlushAsync(Cancel);
            await shipper.StopAsync(TimeSpan.FromSeconds(5));
            for (var i = 5; i < 9; i++) log.TryAppend([UsageLogBed.Record(i)]);
        }

        await using var next = _bed.Open();
        await using var again = _bed.Ship(next);
        await next.FlushAsync(Cancel);
        Assert.Equal(9, _bed.Store.Records.Count);
        Assert.Equal((4, 0), (_bed.Figures.Applied, _bed.Figures.Known));
        await again.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task HasRoom_WithLittleLeft_IsFalseAndWhatIsInFlightIsStillTaken()
    {
        await using var log = _bed.Open();
        _bed.InFlight = 10;
        var appended = 0;
        while (log.HasRoom)
        {
            Assert.True(log.TryAppend([UsageLogBed.Record(appended++)]));
            log.Tidy();
        }

        Assert.NotNull(log.Obstacle);
        for (var inFlight = 0; inFlight < 10; inFlight++) Assert.True(log.TryAppend([UsageLogBed.Record(appended++), UsageLogBed.Record(appended++)]));
        // Sixteen segments of eight KiB, with a header each.
        Assert.InRange(Directory.GetFiles(_bed.Sessions[0], "*.segment").Length, 1, 16);
    }

    [Fact]
    public async Task TryAppend_BelowTheReserve_DropsWhatIsNoMoney()
    {
        await using var log = _bed.Open();
        var number = 0;
        _bed.InFlight = 10;
        while (log.HasRoom)
        {
            log.TryAppend([UsageLogBed.Record(number++)]);
            log.Tidy();
        }

        Assert.False(log.TryAppend([UsageLogBed.Record(number) with { Attempt = 0, Charges = [], Cost = default }]));
        Assert.True(log.TryAppend([UsageLogBed.Record(number) with { Attempt = 0, Charges = [], Cost = new CostParts { Input = -1 } }]));
        Assert.Equal(1, _bed.Figures.Dropped);
    }

    [Fact]
    public async Task TryAppend_WithoutRoom_DropsAndCountsAndSaysSoNowAndThen()
    {
        _bed.Settings = _bed.Settings with { WhenFull = UsageWhenFull.Drop };
        await using var log = _bed.Open();
        var number = 0;
        while (_bed.Figures.Dropped < 50)
        {
            log.TryAppend([UsageLogBed.Record(number++)]);
            log.Tidy();
        }

        Assert.True(log.HasRoom);
        Assert.Equal(number, _bed.Figures.Appended + 50);
        _bed.Time.Advance(TimeSpan.FromSeconds(11));
        log.TryAppend([UsageLogBed.Record(number)]);
        Assert.Equal(
            ["Error 2623 Dropped 1 usage records: the usage log has no room", "Error 2623 Dropped 50 usage records: the usage log has no room"],
            _bed.LogLines.Lines.Where(l => l.Contains("2623", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 60_000)]
    public async Task TryAppend_AfterTheLogWasFull_GoesOnOnceTheStoreTookIt()
    {
        await using var log = _bed.Open();
        var number = 0;
        while (log.HasRoom)
        {
            Assert.True(log.TryAppend([UsageLogBed.Record(number++)]));
            log.Tidy();
        }

        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        log.Tidy();
        Assert.True(log.HasRoom);
        Assert.Null(log.Obstacle);
        for (var i = 0; i < 50; i++) Assert.True(log.TryAppend([UsageLogBed.Record(number++)]));
        await log.FlushAsync(Cancel);
        Assert.Equal(number, _bed.Store.Records.Count);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task TryAppend_FromManyThreadsWhileItIsShipped_LosesNothing()
    {
        const int threads = 4, calls = 2_000;
        _bed.Settings = _bed.Settings with { LogMax = new ByteSize(16 * 64 * 1024) };
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(
            async () =>
            {
                for (var i = 0; i < calls; i++)
                {
                    while (!log.TryAppend([UsageLogBed.Record(thread * calls + i)]))
                    {
                        await log.FlushAsync(Cancel);
                        log.Tidy();
                    }
                }
            },
            Cancel)));
        await log.FlushAsync(Cancel);
        Assert.Equal(threads * calls, _bed.Store.Records.Count);
        Assert.Equal(threads * calls, _bed.Figures.Appended);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task TryAppend_OnceWarm_AllocatesNothing()
    {
        _bed.Settings = new UsageSettings();
        await using var log = _bed.Open();
        var record = UsageLogBed.Record(1);
        Turn(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(1_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Turn(int calls)
        {
            for (var i = 0; i < calls; i++) Assert.True(log.TryAppend([record]));
        }
    }

    [Fact]
    public async Task TryAppend_OfMoreThanASegmentHolds_IsDroppedAndTheNextIsNot()
    {
        await using var log = _bed.Open();
        Assert.False(log.TryAppend([.. Enumerable.Range(0, 100).Select(UsageLogBed.Record)]));
        Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
        Assert.Equal(100, _bed.Figures.Dropped);
    }

    [Fact]
    public async Task Open_WhereTheDiskIsFull_SaysSoAndTakesWhatFits()
    {
        Directory.CreateDirectory(_bed.Folder);
        // A file where the folder of the session should be: nothing can be made there.
        File.WriteAllText(Path.Combine(_bed.Folder, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]).ToString("N")), "");
        Assert.ThrowsAny<IOException>(() => _bed.Open());
        await using var log = _bed.Open();
        Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
    }

    public void Dispose() => _bed.Dispose();
}
