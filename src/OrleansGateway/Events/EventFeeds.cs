using System.Data.Common;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Events;

/// <summary>Looks regularly at what events are made of.</summary>
internal sealed class EventFeeds(
    IEnumerable<IEventFeed> feeds, LimitEvents limits, EventRetention retention, IEventDuty duty, TimeProvider time, ILogger<WebhookSender> log) : IDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Looks between two deletions of what is old: an hour of them.</summary>
    private const int PurgeEvery = 7_200;

    private readonly SemaphoreSlim _turn = new(1);
    private volatile FeedFailure? _failure;
    private long _begun;

    /// <summary>What kept the last look from making events of all that has happened; none if it made them.</summary>
    public FeedFailure? Failure => _failure;

    /// <summary>Before the first change is made, or the first request taken. In a cluster the feeds begin with the turn of whoever reads them, where the last one stopped.</summary>
    public Task StartAsync(CancellationToken cancellation) => duty.Term is { } term ? BeginAsync(term, cancellation) : Task.CompletedTask;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        for (var look = 1; await timer.WaitForNextTickAsync(cancellation); look++)
        {
            await LookAsync(cancellation);
            if (look % PurgeEvery == 0 && duty.Term is not null) await TryAsync(retention.PurgeAsync, cancellation);
        }
    }

    /// <summary>Makes events of all that has happened by now. What cannot be read or written now is at the next look.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        // The last look, at the program's end, may meet a regular one.
        await _turn.WaitAsync(cancellation);
        try
        {
            string? reason = null;
            if (duty.Term is { } term)
            {
                if (_begun != term) reason = await TryAsync(stop => BeginAsync(term, stop), cancellation);
                if (_begun == term) foreach (var feed in feeds) reason = await TryAsync(feed.ReadAsync, cancellation) ?? reason;
            }

            reason = await TryAsync(limits.WriteAsync, cancellation) ?? reason;
            _failure = reason is null ? null : new FeedFailure(_failure?.Since ?? time.GetUtcNow(), reason);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task BeginAsync(long term, CancellationToken cancellation)
    {
        foreach (var feed in feeds) await feed.StartAsync(cancellation);
        _begun = term;
    }

    /// <summary>Answers why it could not; none if it could.</summary>
    private async Task<string?> TryAsync(Func<CancellationToken, Task> look, CancellationToken cancellation)
    {
        try
        {
            await look(cancellation);
            return null;
        }
        catch (Exception failed) when (failed is EventStoreException or LedgerException or DbException or TimeoutException or IOException)
        {
            log.FeedFailed(failed.Message);
            return failed.Message;
        }
    }
}

/// <summary>Why events are late.</summary>
/// <param name="Since">When the first look in a row ended that could not make all of them.</param>
/// <param name="Reason">Of the last look, in whole sentences.</param>
internal sealed record FeedFailure(DateTimeOffset Since, string Reason);
