using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>
/// After a crash: a hold in suspense whose request was written down is settled by its records, for those are written before a hold is settled. What has no record stays in suspense,
/// until an operator says what it has cost.
/// </summary>
internal sealed class Evidence(IUsageLog log, IUsageReports reports, ILedgerStore ledger, ILedgerHistory history, IBudgets budgets, TimeProvider time, ILogger<Evidence> logger)
{
    private const string Actor = "usage";

    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Once, at the start; again after a while if the store, or the ledger, cannot be read.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await SettleAsync(cancellation);
                return;
            }
            catch (Exception failed) when (failed is UsageStoreException or LedgerException or IOException)
            {
                logger.NotLookedAt(failed);
                await Task.Delay(s_retryAfter, time, cancellation);
            }
        }
    }

    /// <summary>Before anybody calls, so that what operators are shown first does not change under their hands; but the start does not wait long for a store.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(s_retryAfter, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            await SettleAsync(either.Token);
        }
        catch (Exception failed) when (failed is UsageStoreException or LedgerException or IOException || (failed is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            logger.NotLookedAt(failed);
        }
    }

    /// <summary>Answers how many holds were settled. To be called as often as one likes.</summary>
    public async Task<int> SettleAsync(CancellationToken cancellation)
    {
        var (settled, isFlushed) = (0, false);
        foreach (var owner in await ledger.OwnersOfOthersAsync([], cancellation))
        {
            if (await history.ReadBooksAsync(owner, cancellation) is not { } books) continue;
            foreach (var request in books.Suspense.Where(r => !IsNameless(r)).GroupBy(r => (r.Session, r.Name)).Where(g => g.Any(r => r.Settled is null)))
            {
                // What former sessions have left in the log is in the store after this.
                if (!isFlushed) await log.FlushAsync(cancellation);
                isFlushed = true;
                settled += await SettleAsync(books, [.. request], cancellation);
            }
        }

        if (settled > 0) logger.Settled(settled);
        return settled;
    }

    /// <summary>Whether it stands for requests that nobody can name.</summary>
    public static bool IsNameless(SuspenseRow row) => row.Name is "" or "*";

    private async Task<int> SettleAsync(LedgerBooks books, IReadOnlyList<SuspenseRow> rows, CancellationToken cancellation)
    {
        var charges = new Dictionary<(AccountId, long), long>();
        if (!await ChargesAsync(rows[0], charges, cancellation)) return 0;
        var settled = 0;
        foreach (var row in rows.OrderBy(r => r.Settled is null))
        {
            if (books.Leases.FirstOrDefault(l => l.Session == row.Session && l.Account == row.Account && l.Number == row.Lease) is not { } lease) continue;
            var left = charges.GetValueOrDefault((row.Account, lease.Period));
            var cost = row.Settled ?? Math.Clamp(left, 0, row.Amount);
            charges[(row.Account, lease.Period)] = left - cost;
            if (row.Settled is not null || lease.State != LeaseState.Suspense) continue;
            var act = new BudgetAct(DerivedId.Text("evidence", row.Session, row.Name, row.Account, row.Lease), BudgetActKind.Settle, row.Account, cost, Actor, "Its usage was written down.")
            {
                Session = row.Session, Hold = row.Name, Lease = row.Lease,
            };
            if ((await budgets.ActAsync(books.Owner, act, cancellation)).Fault is null) settled++;
        }

        return settled;
    }

    /// <summary>What the records of a request have charged; false if its last one is not there.</summary>
    private async Task<bool> ChargesAsync(SuspenseRow row, Dictionary<(AccountId, long), long> charges, CancellationToken cancellation)
    {
        var isKnown = false;
        await foreach (var record in reports.ReadAsync(new UsageRecordQuery { RequestId = row.Name }, cancellation))
        {
            if (record.Edge != row.Session || record.Kind != UsageKind.Attempt) continue;
            isKnown |= record.IsLast;
            foreach (var (account, period, amount) in record.Charges) charges[(account, period)] = checked(charges.GetValueOrDefault((account, period)) + amount);
        }

        return isKnown;
    }
}

internal static partial class EvidenceLog
{
    [LoggerMessage(2640, LogLevel.Information, "Holds that were in suspense and whose usage was written down: {Holds}; they are settled")]
    public static partial void Settled(this ILogger log, int holds);

    [LoggerMessage(2641, LogLevel.Warning, "Nobody knows yet whether holds in suspense were written down")]
    public static partial void NotLookedAt(this ILogger log, Exception exception);
}
