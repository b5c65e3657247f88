using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>What an operator says a hold in suspense has cost is written down before the ledger takes it, so that both agree whatever happens in between.</summary>
internal sealed class SettlementByHand(IUsageLog log, IUsageReports reports, IBudgets budgets, TimeProvider time)
{
    private static readonly TimeSpan s_waitMax = TimeSpan.FromSeconds(5);

    private static readonly Refusal s_unavailable = new(503, "usage_unavailable", "What the hold has cost cannot be written down now. Try again later.");

    /// <summary>Writes it down; or says why not. What the ledger will refuse is left to it.</summary>
    public async Task<Refusal?> WriteAsync(string owner, BudgetAct act, CancellationToken cancellation)
    {
        var ledger = await budgets.ReadAsync(owner, cancellation);
        var row = ledger?.Suspense.FirstOrDefault(r => r.Settled is null && r.Session == act.Session && r.Name == (act.Hold ?? "") && r.Account == act.Account && r.Lease == act.Lease);
        var lease = ledger?.Leases.FirstOrDefault(l => l.Session == act.Session && l.Account == act.Account && l.Number == act.Lease && l.State == LeaseState.Suspense);
        if (row is null || lease is null || act.Amount < 0 || act.Amount > row.Amount) return null;
        using var late = new CancellationTokenSource(s_waitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            await log.FlushAsync(either.Token);
            var known = await ReadAsync(row, either.Token);
            var record = RecordOf(row, new UsageCharge(row.Account, lease.Period, act.Amount), owner, known);
            if (known.FirstOrDefault(r => r.Id == record.Id) is { } told) return Agrees(told, act.Amount);
            if (!log.TryAppend(new ReadOnlySpan<UsageRecord>(in record))) return s_unavailable;
            await log.FlushAsync(either.Token);
            return null;
        }
        catch (Exception failed) when (failed is UsageStoreException || (failed is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return s_unavailable;
        }
    }

    /// <summary>The request that evidence of a hold is filed under: its own; for holds of requests that nobody can name, one for all of the session.</summary>
    public static string RequestOf(SuspenseRow row) => Evidence.IsNameless(row) ? $"session_{row.Session:N}" : row.Name;

    // An earlier attempt to settle was cut off between the two: what it said stands.
    private static Refusal? Agrees(UsageRecord told, long amount) => told.Charges.Sum(c => c.Amount) is var said && said == amount ? null : new Refusal(
        409, "budget_conflict", $"It was written down before that this hold has cost {NanoUsd.Format(said)}; settle it with that, and refund or reset what is wrong.");

    private static UsageRecord RecordOf(SuspenseRow row, UsageCharge charge, string owner, IReadOnlyList<UsageRecord> known)
    {
        var before = known.Where(r => r.Kind == UsageKind.Evidence).ToArray();
        // Several budgets are charged for one request, which has cost it once.
        var charged = before.SelectMany(r => r.Charges).Append(charge).GroupBy(c => c.Account).Max(c => c.Sum(one => one.Amount));
        var cost = Math.Max(0, charged - before.Sum(r => r.Billed));
        var origin = known.FirstOrDefault(r => r.Kind == UsageKind.Attempt);
        const string OfTenant = "tenant:";
        return new UsageRecord
        {
            Id = DerivedId.Of("settled", row.Session, row.Name, row.Account, row.Lease),
            Kind = UsageKind.Evidence,
            At = row.At,
            RequestId = RequestOf(row),
            IsLast = !known.Any(r => r.IsLast),
            Edge = row.Session,
            Tenant = origin?.Tenant ?? (owner.StartsWith(OfTenant, StringComparison.Ordinal) ? owner[OfTenant.Length..] : null),
            Team = origin?.Team,
            User = origin?.User,
            Key = origin?.Key,
            Route = origin?.Route,
            Operation = origin?.Operation,
            Dialect = origin?.Dialect ?? default,
            Model = origin?.Model,
            Cost = new() { Input = cost },
            Billed = cost,
            Charges = charge.Amount > 0 ? [charge] : [],
            Outcome = CallOutcome.GatewayStopped,
            Tags = origin?.Tags ?? [],
            Metadata = origin?.Metadata ?? [],
        };
    }

    private async Task<IReadOnlyList<UsageRecord>> ReadAsync(SuspenseRow row, CancellationToken cancellation)
    {
        var records = new List<UsageRecord>();
        await foreach (var record in reports.ReadAsync(new UsageRecordQuery { RequestId = RequestOf(row) }, cancellation))
        {
            if (record.Edge == row.Session) records.Add(record);
        }

        return records;
    }
}
