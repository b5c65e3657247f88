using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>
/// Moves budgets by what corrections say. They are written first, and name their run; what of a run has not reached the ledger, because the program ended in between, is found by that,
/// and done once: the acts' ids come from the run.
/// </summary>
internal sealed class RerateBudgets(IUsageLog log, IUsageReports reports, ILedgerHistory history, IBudgets budgets, RuleTables rules)
{
    /// <summary>Names the run in the metadata of its corrections.</summary>
    public const string Run = "rerate";

    /// <summary>Does what runs that were cut off have left. No other may be under way.</summary>
    public async Task FinishAsync(string actor, CancellationToken cancellation)
    {
        await log.FlushAsync(cancellation);
        var runs = new Dictionary<string, RerateRun>();
        var corrections = new UsageRecordQuery { Only = new Dictionary<UsageDimension, IReadOnlyList<string>> { [UsageDimension.Kind] = ["correction"] } };
        await foreach (var record in reports.ReadAsync(corrections, cancellation))
        {
            if (record.Metadata.FirstOrDefault(m => m.Key == Run).Value is not { } id) continue;
            if (!runs.TryGetValue(id, out var run)) runs[id] = run = new RerateRun(id, record.At);
            run.Add(record);
        }

        foreach (var run in runs.Values) await MoveAsync(run.Id, run.Charges, actor, "Goes on with a run that was cut off.", cancellation);
    }

    public async Task MoveAsync(string run, IReadOnlyList<(UsageCharge Charge, DateTimeOffset At)> charges, string actor, string? reason, CancellationToken cancellation)
    {
        foreach (var ofOwner in charges.Where(c => c.Charge.Amount != 0).GroupBy(c => rules.Current.OwnerOf(c.Charge.Account)))
        {
            // A budget that no rule makes any more has nobody to tell.
            if (ofOwner.Key is not { } owner) continue;
            var done = (await history.ReadBooksAsync(owner, cancellation))?.Adjustments.Select(a => a.Id).ToHashSet() ?? [];
            foreach (var ((account, period, amount), at) in OnceEach(ofOwner))
            {
                var id = DerivedId.Text(Run, run, account, period, at?.UtcTicks);
                if (done.Contains(id)) continue;
                var act = new BudgetAct(id, BudgetActKind.Correct, account, amount, actor, reason ?? run) { Period = period, At = at ?? default };
                if ((await budgets.ActAsync(owner, act, cancellation)).Fault is { } fault) throw new LedgerException($"{account} cannot be corrected: {fault}");
            }
        }
    }

    /// <summary>One for each account and period; for windows that roll one for each minute.</summary>
    private IEnumerable<(UsageCharge Charge, DateTimeOffset? At)> OnceEach(IEnumerable<(UsageCharge Charge, DateTimeOffset At)> charges) => charges
        .GroupBy(c => (c.Charge.Account, c.Charge.Period, At: IsRolling(c.Charge.Account) ? c.At : (DateTimeOffset?)null))
        .Select(g => (new UsageCharge(g.Key.Account, g.Key.Period, g.Sum(c => c.Charge.Amount)), g.Key.At))
        .Where(c => c.Item1.Amount != 0);

    private bool IsRolling(AccountId account) => rules.Current.SpecOf(account) is { Kind: AccountKind.Budget, Periods: null } spec && spec.Time > TimeSpan.Zero;
}
