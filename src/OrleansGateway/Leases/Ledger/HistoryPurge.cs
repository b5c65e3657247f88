namespace OrleansGateway.Leases.Ledger;

/// <summary>Deletes once a day what of the ledger's history is of no more use: it would only grow.</summary>
internal sealed class HistoryPurge(ILedgerHistory history, TimeProvider time, ILogger<HistoryPurge> log)
{
    private static readonly TimeSpan s_every = TimeSpan.FromDays(1);

    // Not among all that goes on at a start.
    private static readonly TimeSpan s_firstAfter = TimeSpan.FromMinutes(10);

    // Closed leases explain who had what, and there are many; periods are kept for a year to compare with. See LedgerCutoffs.
    private static readonly TimeSpan s_leasesKept = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_periodsKept = TimeSpan.FromDays(400);

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(s_firstAfter, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            timer.Period = s_every;
            await PurgeAsync(cancellation);
        }
    }

    private async Task PurgeAsync(CancellationToken cancellation)
    {
        try
        {
            var now = time.GetUtcNow();
            var rows = await history.PurgeAsync(new LedgerCutoffs(now - s_leasesKept, now - s_periodsKept), cancellation);
            if (rows > 0) log.Purged(rows);
        }
        catch (LedgerException failed)
        {
            // What is left goes tomorrow.
            log.NotPurged(failed);
        }
    }
}

internal static partial class HistoryPurgeLog
{
    [LoggerMessage(2330, LogLevel.Information, "Deleted {Rows} rows of the ledger's history that were too old")]
    public static partial void Purged(this ILogger log, int rows);

    [LoggerMessage(2331, LogLevel.Warning, "Old rows of the ledger's history could not be deleted; the next try is in a day")]
    public static partial void NotPurged(this ILogger log, Exception exception);
}
