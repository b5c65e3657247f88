using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>The log before a real database that cannot be written, and on a disk that has no room.</summary>
public sealed class UsageOutageTests : IDisposable
{
    private readonly UsageLogBed _bed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Database_LockedByAnotherProgramForAMinute_LosesNothingAndGoesOnByItself()
    {
        Directory.CreateDirectory(_bed.Folder);
        using var database = SqliteDatabase.OpenUsage(_bed.Folder, _bed.Time, NullLogger<SqliteDatabase>.Instance);
        await using var store = new SqliteUsageStore(SqliteDatabase.OpenUsage(_bed.Folder, _bed.Time, NullLogger<SqliteDatabase>.Instance));
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log, store);
        await log.FlushAsync(Cancel);
        using (var other = database.Connect())
        using (other.BeginTransaction(deferred: false))
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.True(log.TryAppend([Record(i)]));
                log.Tidy();
            }

            // What fails first may have been the daily deletion.
            while (shipper.Failure is null || shipper.Lag == TimeSpan.Zero) await NextAsync(TimeSpan.FromMilliseconds(100));
            _bed.Time.Advance(TimeSpan.FromSeconds(60));
            Assert.Contains("locked", shipper.Failure, StringComparison.Ordinal);
            Assert.True(shipper.Lag >= TimeSpan.FromSeconds(60));
            Assert.True(log.HasRoom);
        }

        var flushed = log.FlushAsync(Cancel);
        while (!flushed.IsCompleted) await NextAsync(TimeSpan.FromSeconds(1));

        var found = await store.ReadAsync(new UsageRecordQuery(), Cancel).Select(r => r.Id).ToArrayAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 100).Select(UsageLogBed.IdOf).Order(), found.Order());
        Assert.Null(shipper.Failure);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Disk_WithoutRoom_RefusesBeforeItIsTooLateAndGoesOnByItself()
    {
        await using var log = _bed.Open();
        _bed.InFlight = 4;
        // No file can be made any more, as on a full disk: folders stand where they would be written first.
        var blocks = Enumerable.Range(5, 16).Select(n => Path.Combine(_bed.Sessions[0], string.Create(CultureInfo.InvariantCulture, $"{n:D10}.segment.new"))).ToArray();
        foreach (var block in blocks) Directory.CreateDirectory(block);
        var number = 0;
        while (log.HasRoom)
        {
            Assert.True(log.TryAppend([Record(number++)]));
            log.Tidy();
        }

        Assert.Equal("The disk has no room for the usage log.", log.Obstacle);
        for (var inFlight = 0; inFlight < 4; inFlight++) Assert.True(log.TryAppend([Record(number++), Record(number++)]));
        Assert.Single(_bed.LogLines.Lines, l => l.StartsWith("Error 2621", StringComparison.Ordinal));

        foreach (var block in blocks) Directory.Delete(block);
        log.Tidy();
        Assert.True(log.HasRoom);
        Assert.Null(log.Obstacle);
        Assert.Single(_bed.LogLines.Lines, l => l.StartsWith("Information 2622", StringComparison.Ordinal));
        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        Assert.Equal(number, _bed.Store.Records.Count);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    public void Dispose() => _bed.Dispose();

    private async Task NextAsync(TimeSpan by)
    {
        _bed.Time.Advance(by);
        await Task.Yield();
    }

    // Of the manual clock's day: the store is told to delete what is old.
    private UsageRecord Record(int number) => UsageLogBed.Record(number) with { At = _bed.Time.GetUtcNow() };
}
