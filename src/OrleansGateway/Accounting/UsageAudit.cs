using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>
/// Proves that ledger, records and rollups say the same, to the last nano-dollar, or names what differs. Looks again until two looks agree: while calls end, one of the books is always a
/// moment behind the other.
/// </summary>
internal sealed class UsageAudit(
    IUsageLog log, IUsageReports reports, IAdmissions edge, ILedgerHistory history, RuleTables rules, Func<Snapshot> snapshot, TimeProvider time)
{
    /// <summary>Differences of one sort that are told.</summary>
    public const int DifferencesMax = 100;

    private const int LooksMax = 6;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Throws <see cref="UsageStoreException"/> and <see cref="LedgerException"/>.</summary>
    public async Task<AuditReport> RunAsync(CancellationToken cancellation)
    {
        var look = await LookAsync(cancellation);
        IReadOnlyList<AuditDifference> before = [];
        for (var i = 1; look.Differences.Count > 0 && i < LooksMax && !before.SequenceEqual(look.Differences); i++)
        {
            before = look.Differences;
            await Task.Delay(s_pause, time, cancellation);
            look = await LookAsync(cancellation);
        }

        // What is not the same twice is on its way.
        var stays = look.Differences.Where(before.Contains).ToArray();
        var moved = look.Differences.Except(stays).Select(d => new AuditNote("moved", d.Subject, $"It was changing all the time, from {d.Expected} and {d.Found} on. Look again when there are fewer calls."));
        var rollups = await reports.CompareRollupsAsync(DifferencesMax, cancellation);
        return look with { Differences = [.. stays, .. rollups.Select(Of)], Notes = [.. look.Notes, .. moved] };
    }

    private static AuditDifference Of(RollupDifference rollup)
    {
        var place = string.Join(" ", rollup.Values.Where(v => v.Length > 0));
        var isCost = rollup.Counted.Cost.Total != rollup.Stored.Cost.Total;
        return new AuditDifference(
            "rollup", $"{rollup.Step.ToString().ToLowerInvariant()} {rollup.At:yyyy-MM-dd'T'HH:mm'Z'} {place}", Sum(rollup.Counted, isCost), Sum(rollup.Stored, isCost), "Sums are not those of the records.");
    }

    private static string Sum(in UsageSums sums, bool isCost) => isCost ? NanoUsd.Format(sums.Cost.Total)
        : string.Create(CultureInfo.InvariantCulture, $"{sums.Requests} requests, {sums.Attempts} attempts, {sums.Tokens.TotalInput} + {sums.Tokens.Output} tokens");

    private async Task<AuditReport> LookAsync(CancellationToken cancellation)
    {
        await edge.ReportAsync(cancellation);
        var books = new List<LedgerBooks>();
        foreach (var owner in await history.OwnersAsync(cancellation))
        {
            if (await history.ReadBooksAsync(owner, cancellation) is { } ofOwner) books.Add(ofOwner);
        }

        await log.FlushAsync(cancellation);
        var now = time.GetUtcNow();
        var records = new RecordAudit(new PriceCheck(snapshot()), WindowOf, now);
        await foreach (var group in RecordGroups.ReadAsync(reports, new UsageRecordQuery(), cancellation)) records.Take(group);
        var (isPurged, since) = await KeptAsync(now, cancellation);
        var differences = new List<AuditDifference>(records.Differences);
        var notes = new List<AuditNote>(records.Notes);
        var accounts = 0;
        foreach (var ofOwner in books)
        {
            var basis = new LedgerAuditBasis(now, records.Charges, records.Rolling, WindowOf, await WithoutRecordAsync(ofOwner, cancellation), isPurged, since);
            var audit = new LedgerAudit(ofOwner, basis);
            audit.Run();
            accounts += audit.Accounts;
            differences.AddRange(audit.Differences);
            notes.AddRange(audit.Notes);
        }

        var known = books.SelectMany(b => b.Accounts).Select(a => a.Account).ToHashSet();
        differences.AddRange(records.Charges.Where(c => c.Value != 0 && !known.Contains(c.Key.Account))
            .Select(c => new AuditDifference("ledger", $"{c.Key.Account}", NanoUsd.Format(c.Value), "0", "Records have charged an account that the ledger has never heard of.")));
        return new AuditReport(now, records.Records, records.Priced, accounts, differences, notes);
    }

    private TimeSpan? WindowOf(AccountId account) =>
        rules.Current.SpecOf(account) is { Kind: AccountKind.Budget, Periods: null } spec && spec.Time > TimeSpan.Zero ? spec.Time : null;

    /// <summary>Whether records were deleted that were too old; rollups of days are kept longer.</summary>
    private async Task<(bool IsPurged, DateTimeOffset Since)> KeptAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var since = new DateTimeOffset((now - snapshot().Settings.Usage.Keep.Records).UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var report = await reports.ReportAsync(new UsageQuery { From = since - TimeSpan.FromDays(3_650), To = since - TimeSpan.FromDays(1), Limit = 1 }, cancellation);
        return (report.Total.Requests + report.Total.Attempts > 0, since);
    }

    /// <summary>What was settled of holds whose requests have no records, or too few: by the budget's policy, or before there were records.</summary>
    private async Task<IReadOnlyList<(SuspenseRow Row, long Amount)>> WithoutRecordAsync(LedgerBooks books, CancellationToken cancellation)
    {
        var without = new List<(SuspenseRow, long)>();
        foreach (var rows in books.Suspense.Where(r => r.Settled > 0 && LedgerAudit.IsMoney(r.Account)).GroupBy(r => (r.Session, Request: SettlementByHand.RequestOf(r), r.Account)))
        {
            var recorded = 0L;
            await foreach (var record in reports.ReadAsync(new UsageRecordQuery { RequestId = rows.Key.Request }, cancellation))
            {
                if (record.Edge == rows.Key.Session && record.Kind != UsageKind.Correction) recorded += record.Charges.Where(c => c.Account == rows.Key.Account).Sum(c => c.Amount);
            }

            foreach (var row in rows)
            {
                var amount = row.Settled!.Value - Math.Min(row.Settled.Value, recorded);
                recorded -= row.Settled.Value - amount;
                if (amount > 0) without.Add((row, amount));
            }
        }

        return without;
    }
}
