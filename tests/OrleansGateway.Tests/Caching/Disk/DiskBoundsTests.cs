using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Caching.Disk;

/// <summary>What keeps a disk that is slow, full or broken from holding up or wearing out anything.</summary>
public sealed class DiskBoundsTests
{
    private const int ReadsAtOnce = 16;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Writes_BeyondASecondsWorth_WaitUntilTheyAreDue()
    {
        var time = new AskedTime();
        await using var jobs = new DiskJobs(time, NullLogger.Instance);
        Assert.True(jobs.TryWrite(DiskJobs.BytesPerSecond, Nothing));
        await jobs.DrainAsync(Cancel);
        Assert.True(jobs.TryWrite(DiskJobs.BytesPerSecond / 2, Nothing));
        var asked = await time.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(0.5), asked.Due);
        var drained = jobs.DrainAsync(Cancel);
        Assert.False(drained.IsCompleted);
        asked.Fire();
        await drained;
    }

    [Fact(Timeout = 60_000)]
    public async Task Writes_BeyondWhatMayWait_AreNotTaken()
    {
        await using var jobs = new DiskJobs(new AskedTime(), NullLogger.Instance);
        var writing = new TaskCompletionSource();
        Assert.True(jobs.TryWrite(DiskJobs.WaitingBytesMax, () => new ValueTask(writing.Task)));
        Assert.True(jobs.IsBusy);
        Assert.False(jobs.TryWrite(1, Nothing));
        writing.SetResult();
        await jobs.DrainAsync(Cancel);
        // What is larger than all that may wait goes alone.
        Assert.True(jobs.TryWrite(DiskJobs.WaitingBytesMax + 1, Nothing));
    }

    [Fact(Timeout = 60_000)]
    public async Task Reads_OfADiskThatIsSlow_GiveUpAndGiveTheirPlaceBack()
    {
        var time = new AskedTime();
        using var reads = new DiskReads(time);
        using var isOver = new ManualResetEventSlim();
        var slow = AllAtOnce(reads, () => isOver.Wait(Cancel));
        var late = reads.RunAsync(() => "late");
        var asked = await time.NextAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(500), asked.Due);
        asked.Fire();
        Assert.Null(await late);
        isOver.Set();
        Assert.All(await slow, static read => Assert.NotNull(read));
        Assert.All(await AllAtOnce(reads, static () => { }), static read => Assert.NotNull(read));
    }

    [Fact]
    public void Disk_ThatFailed_RestsForAMinute()
    {
        var time = new ManualTime();
        using var metrics = new GatewayMetrics();
        var health = new DiskHealth(time, new DiskMetrics(metrics), NullLogger.Instance);
        Assert.True(health.MayWrite);
        health.Failed(new IOException("No room."));
        time.Advance(DiskHealth.Rest - TimeSpan.FromTicks(1));
        Assert.Equal((false, "No room."), (health.MayWrite, health.Reason));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(health.MayWrite);
        health.Failed(new IOException("Still none."));
        Assert.Equal((false, "Still none."), (health.MayWrite, health.Reason));
        health.Worked();
        Assert.Equal((true, null), (health.MayWrite, health.Reason));
    }

    private static ValueTask Nothing() => ValueTask.CompletedTask;

    private static Task<string?[]> AllAtOnce(DiskReads reads, Action read) => Task.WhenAll(Enumerable.Range(0, ReadsAtOnce).Select(_ => reads.RunAsync(() =>
    {
        read();
        return "read";
    })));

    /// <summary>A clock that stands still, and whose timers are told and fire when a test says so.</summary>
    private sealed class AskedTime : TimeProvider
    {
        private readonly Channel<AskedTimer> _asked = Channel.CreateUnbounded<AskedTimer>();

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new AskedTimer(dueTime, () => callback(state));
            _asked.Writer.TryWrite(timer);
            return timer;
        }

        public ValueTask<AskedTimer> NextAsync() => _asked.Reader.ReadAsync(Cancel);
    }

    private sealed record AskedTimer(TimeSpan Due, Action Fire) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            // It fires only when told to.
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
