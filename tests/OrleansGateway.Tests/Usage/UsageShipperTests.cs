using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageShipperTests : IDisposable
{
    private readonly UsageLogBed _bed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Append_WhileNothingWaits_IsAppliedAtOnce()
    {
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        // Nobody flushes, and the clock stands still.
        Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
        while (_bed.Store.Records.Count == 0) await Task.Yield();
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Store_DownForAMinute_LosesNothingAndGoesOnByItself()
    {
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        _bed.Store.Down = "database is locked";
        for (var i = 0; i < 100; i++)
        {
            Assert.True(log.TryAppend([UsageLogBed.Record(i)]));
            log.Tidy();
        }

        while (shipper.Failure is null) await Task.Yield();
        var calls = _bed.Store.Calls;
        for (var second = 0; second < 60; second++) await AdvanceAsync(TimeSpan.FromSeconds(1));
        // Not a try each millisecond, nor none for the whole minute.
        while (_bed.Store.Calls < calls + 10) await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.InRange(_bed.Store.Calls - calls, 10, 40);
        Assert.Equal("database is locked", shipper.Failure);
        Assert.True(shipper.Lag >= TimeSpan.FromSeconds(60));
        Assert.Empty(_bed.Store.Records);
        Assert.True(log.HasRoom);

        _bed.Store.Down = null;
        var flushed = log.FlushAsync(Cancel);
        while (!flushed.IsCompleted) await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, 100).Select(UsageLogBed.IdOf), _bed.Store.Order);
        Assert.Null(shipper.Failure);
        // One line when it began, one a minute later, and one when it was over.
        Assert.InRange(_bed.ShipperLines.Lines.Count(l => l.StartsWith("Error 2630", StringComparison.Ordinal)), 1, 3);
        Assert.Contains(_bed.ShipperLines.Lines, l => l.StartsWith("Information 2631", StringComparison.Ordinal));
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.Zero, shipper.Lag);
    }

    [Fact(Timeout = 60_000)]
    public async Task Store_WhoseAnswersAreLost_IsAskedAgainAndCountsOnce()
    {
        await using var log = _bed.Open();
        _bed.Store.LosesAnswers = true;
        await using var shipper = _bed.Ship(log);
        Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
        while (shipper.Failure is null || _bed.Store.Records.Count == 0) await Task.Yield();
        _bed.Store.LosesAnswers = false;
        var flushed = log.FlushAsync(Cancel);
        while (!flushed.IsCompleted) await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Single(_bed.Store.Records);
        Assert.Equal((0, 1), (_bed.Figures.Applied, _bed.Figures.Known));
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Stop_WhileTheStoreIsDown_LeavesTheRecordsForTheNextStart()
    {
        await using (var log = _bed.Open())
        {
            _bed.Store.Down = "unreachable";
            await using var shipper = _bed.Ship(log);
            Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
            while (shipper.Failure is null) await Task.Yield();
            await shipper.StopAsync(TimeSpan.FromSeconds(5));
            Assert.Contains(_bed.ShipperLines.Lines, l => l.StartsWith("Warning 2632", StringComparison.Ordinal) && l.EndsWith("unreachable", StringComparison.Ordinal));
        }

        _bed.Store.Down = null;
        await using var next = _bed.Open();
        await using var again = _bed.Ship(next);
        await next.FlushAsync(Cancel);
        Assert.Single(_bed.Store.Records);
        await again.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_IsDailyAndNeverWhileABatchIsInDoubt()
    {
        _bed.Settings = _bed.Settings with { Keep = new UsageKeepSettings { Records = TimeSpan.FromDays(2), Hours = TimeSpan.FromDays(20), Days = TimeSpan.FromDays(200) } };
        await using var log = _bed.Open();
        _bed.Store.LosesAnswers = true;
        Assert.True(log.TryAppend([UsageLogBed.Record(1)]));
        await using var shipper = _bed.Ship(log);
        while (shipper.Failure is null) await Task.Yield();
        for (var day = 0; day < 5; day++) await AdvanceAsync(TimeSpan.FromDays(1));
        Assert.Empty(_bed.Store.Purges);

        _bed.Store.LosesAnswers = false;
        while (_bed.Store.Purges.IsEmpty) await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.True(_bed.Store.Purges.TryPeek(out var cutoffs));
        Assert.Equal((TimeSpan.FromDays(18), TimeSpan.FromDays(180)), (cutoffs.Records - cutoffs.Hours, cutoffs.Hours - cutoffs.Days));
        Assert.InRange(_bed.Time.GetUtcNow() - cutoffs.Records, TimeSpan.FromDays(2), TimeSpan.FromDays(2.1));
        for (var hour = 0; hour < 23; hour++) await AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Single(_bed.Store.Purges);
        while (_bed.Store.Purges.Count < 2) await AdvanceAsync(TimeSpan.FromMinutes(10));
        Assert.InRange(_bed.Time.GetUtcNow() - cutoffs.Records, TimeSpan.FromDays(3), TimeSpan.FromDays(4));
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
    }

    public void Dispose() => _bed.Dispose();

    // Whoever was woken gets his turn before the clock goes on.
    private async Task AdvanceAsync(TimeSpan by)
    {
        _bed.Time.Advance(by);
        for (var i = 0; i < 20; i++) await Task.Yield();
    }
}
