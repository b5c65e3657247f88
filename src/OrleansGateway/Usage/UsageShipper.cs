using OrleansGateway.Configuration;

namespace OrleansGateway.Usage;

/// <summary>
/// Brings what is in the log to the store, in order, and as often as it takes: what was applied and is applied again changes nothing. Also deletes what is too old, in the same turn:
/// as long as nobody knows whether a batch was applied, the store must not forget the ids of its records.
/// </summary>
internal sealed class UsageShipper(UsageLog log, IUsageStore store, UsageDamage damage, Func<UsageSettings> settings, UsageLogFigures figures, Random random, TimeProvider time, ILogger<UsageShipper> logger)
    : IAsyncDisposable
{
    /// <summary>Most records and bytes in one transaction: it takes the store a fraction of a second, and a replay after a crash as long.</summary>
    private const int RecordsMax = 2_000;
    private const int BytesMax = 2 * 1024 * 1024;

    /// <summary>Time between two transactions that are not full. One for each call would cost the disk more than the calls.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_retryFirst = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retryMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_purgeEvery = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_complainEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly List<Waiting> _waiting = [];
    private readonly Wake _hurry = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _since;
    private volatile string? _failure;
    private int _failures;
    private long _complainedAt;
    private DateTimeOffset _purgedAt;

    /// <summary>Age of the oldest record that is not in the store; 0 if all are.</summary>
    public TimeSpan Lag => Interlocked.Read(ref _since) is > 0 and var since && time.GetUtcNow().UtcTicks - since is > 0 and var ticks ? new TimeSpan(ticks) : TimeSpan.Zero;

    /// <summary>Why the store does not take records; none if it does.</summary>
    public string? Failure => _failure;

    public void Start()
    {
        log.Flushing = FlushAsync;
        _running = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>Waits until all is in the store, but not longer than so, nor for a store that fails; then stops. What is left stays in the log.</summary>
    public async Task StopAsync(TimeSpan longest)
    {
        using var late = new CancellationTokenSource(longest, time);
        try
        {
            if (_failure is null) await log.FlushAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            // Said below.
        }

        await _stopping.CancelAsync();
        await _running;
        if (log.Backlog.Bytes is > 0 and var bytes) logger.RecordsStay(bytes, _failure ?? "no time was left");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                try
                {
                    await ShipAsync(cancellation);
                }
                catch (Exception failed) when (failed is not OperationCanceledException || !cancellation.IsCancellationRequested)
                {
                    // Whatever it is: the records are in the log, and there is nothing better to do than to try again.
                    await FailAsync(failed, cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    // One batch, or a wait if there is none.
    private async Task ShipAsync(CancellationToken cancellation)
    {
        var batch = log.Backlog.Read(RecordsMax, BytesMax, damage);
        if (batch.IsEmpty)
        {
            Interlocked.Exchange(ref _since, 0);
            ReleaseFlushed();
            if (time.GetUtcNow() - _purgedAt >= s_purgeEvery) await PurgeAsync(cancellation);
            await log.Arrived.WaitAsync(s_lookEvery, time, cancellation);
            return;
        }

        if (batch.Frames > 0) Interlocked.Exchange(ref _since, batch.Since.UtcTicks);
        var applied = batch.Records.Count > 0 ? await store.ApplyAsync(batch.Records, cancellation) : default;
        log.Backlog.Take(batch);
        figures.Apply(applied, batch.Damaged);
        Recover();
        ReleaseFlushed();
        if (batch.Records.Count < RecordsMax / 2 && !IsAwaited()) await _hurry.WaitAsync(s_pace, time, cancellation);
    }

    private async Task PurgeAsync(CancellationToken cancellation)
    {
        var (now, keep) = (time.GetUtcNow(), settings().Keep);
        var rows = await store.PurgeAsync(new UsageCutoffs(now - keep.Days, now - keep.Hours, now - keep.Records), cancellation);
        _purgedAt = now;
        Recover();
        if (rows > 0) logger.Purged(rows);
    }

    private async Task FailAsync(Exception failed, CancellationToken cancellation)
    {
        _failure = failed.Message;
        if (_failures++ == 0 || time.GetElapsedTime(_complainedAt) >= s_complainEvery)
        {
            _complainedAt = time.GetTimestamp();
            logger.StoreFails(_failures, failed);
        }

        var longest = Math.Min(s_retryMax.Ticks, s_retryFirst.Ticks << Math.Min(_failures - 1, 10));
        // Half of it at least: edges that failed together do not come back together.
        await Task.Delay(TimeSpan.FromTicks(longest / 2 + random.NextInt64(longest / 2 + 1)), time, cancellation);
    }

    private void Recover()
    {
        if (_failures > 0) logger.StoreGoesOn(_failures);
        (_failures, _failure) = (0, null);
    }

    private Task FlushAsync(UsagePosition end, CancellationToken cancellation)
    {
        if (IsReached(end)) return Task.CompletedTask;
        var waiting = new Waiting(end);
        lock (_lock) _waiting.Add(waiting);
        _hurry.Set();
        log.Arrived.Set();
        return waiting.Done.Task.WaitAsync(cancellation);
    }

    private void ReleaseFlushed()
    {
        lock (_lock)
        {
            foreach (var waiting in _waiting.Where(w => IsReached(w.End))) waiting.Done.TrySetResult();
            _waiting.RemoveAll(static w => w.Done.Task.IsCompleted);
        }
    }

    private bool IsAwaited()
    {
        lock (_lock) return _waiting.Count > 0;
    }

    private bool IsReached(UsagePosition end) => log.Backlog.IsOfThisSession && log.Backlog.Taken.CompareTo(end) >= 0;

    private sealed record Waiting(UsagePosition End)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal static partial class UsageShipperLog
{
    [LoggerMessage(2630, LogLevel.Error, "The usage store does not take records; they stay in the log. Tried {Times} times in a row")]
    public static partial void StoreFails(this ILogger log, int times, Exception exception);

    [LoggerMessage(2631, LogLevel.Information, "The usage store takes records again, after {Times} failures")]
    public static partial void StoreGoesOn(this ILogger log, int times);

    [LoggerMessage(2632, LogLevel.Warning, "{Bytes} bytes of usage records stay in the log for the next start: {Reason}")]
    public static partial void RecordsStay(this ILogger log, long bytes, string reason);

    [LoggerMessage(2633, LogLevel.Information, "Deleted {Rows} rows of usage that are older than usage.keep says")]
    public static partial void Purged(this ILogger log, long rows);
}
