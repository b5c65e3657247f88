using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>
/// Mends what was billed at a wrong price: for each record that the price known now makes another cost for, a correction with the difference is written, and budgets move by that.
/// History is never edited. Done twice, or again after a crash, it changes nothing more.
/// </summary>
internal sealed class Rerate(
    IUsageLog log, IUsageReports reports, RerateBudgets ledger, RuleTables rules, Func<Snapshot> snapshot, Random random, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Finishes what was cut off, and does it. Throws <see cref="UsageStoreException"/>, and what the ledger throws: what is done then stays, and the next one goes on.</summary>
    public async Task<RerateResult> RunAsync(RerateOrder order, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await log.FlushAsync(cancellation);
            if (!order.IsDry) await ledger.FinishAsync(order.Actor, cancellation);
            var run = new RerateRun($"rerate_{random.NextInt64():x16}", time.GetUtcNow());
            var prices = new PriceCheck(snapshot());
            await foreach (var group in RecordGroups.ReadAsync(reports, QueryOf(order), cancellation)) await MendAsync(group, order, prices, run, cancellation);
            if (!order.IsDry) await log.FlushAsync(cancellation);
            if (!order.IsDry) await ledger.MoveAsync(run.Id, run.Charges, order.Actor, order.Reason, cancellation);
            return run.Result(order.IsDry);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static UsageRecordQuery QueryOf(RerateOrder order)
    {
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>>();
        if (order.Provider is { } provider) only[UsageDimension.Provider] = [provider];
        if (order.Model is { } model) only[UsageDimension.Model] = [model];
        return new UsageRecordQuery { From = order.Since, To = order.Until, Only = only };
    }

    private async Task MendAsync(IReadOnlyList<UsageRecord> group, RerateOrder order, PriceCheck prices, RerateRun run, CancellationToken cancellation)
    {
        foreach (var record in group.Where(PriceCheck.IsPriced))
        {
            var (price, sold) = prices.PricesOf(record);
            if (price is null && sold is null)
            {
                run.Unpriced++;
                continue;
            }

            var earlier = group.Where(r => r.Kind == UsageKind.Correction && r.Corrects == record.Id).ToArray();
            var net = earlier.Aggregate(record.Cost, (sum, r) => sum + r.Cost);
            var cost = price is null ? net : PriceCheck.CostOf(price, record);
            var billedBefore = record.Billed + earlier.Sum(r => r.Billed);
            var billed = sold is null ? billedBefore : PriceCheck.CostOf(sold, record).Total;
            if (cost == net && billed == billedBefore)
            {
                run.Right++;
                continue;
            }

            var charges = await ChargesAsync(record, earlier, billedBefore, billed, cancellation);
            var correction = CorrectionOf(record, earlier.Length + 1, cost - net, price?.Version, charges, run.Id) with { Billed = billed - billedBefore };
            if (!order.IsDry) await WriteAsync(correction, cancellation);
            run.Add(correction);
        }
    }

    private UsageRecord CorrectionOf(UsageRecord record, int round, CostParts difference, string? version, IReadOnlyList<UsageCharge> charges, string run) => record with
    {
        Id = DerivedId.Of("correction", record.Id, round),
        Kind = UsageKind.Correction,
        Corrects = record.Id,
        IsLast = false,
        Tokens = default,
        Cost = difference,
        PriceVersion = version,
        ConfigVersion = snapshot().Version,
        Charges = charges,
        Queued = default,
        Connected = default,
        ToFirstByte = null,
        Duration = default,
        Metadata = [.. record.Metadata, new(RerateBudgets.Run, run), new(PriceCheck.Round, round.ToString(CultureInfo.InvariantCulture))],
    };

    /// <summary>
    /// What budgets are charged more, or less: each that was charged for it, by the difference. One that was charged less than the cost, because no more was held, gets back only what it
    /// was charged beyond the new cost; none gets back more than it was charged.
    /// </summary>
    private async Task<IReadOnlyList<UsageCharge>> ChargesAsync(UsageRecord record, IReadOnlyList<UsageRecord> earlier, long net, long cost, CancellationToken cancellation)
    {
        if (cost == net) return [];
        var charges = new List<UsageCharge>();
        foreach (var (account, period, amount) in record.Charges)
        {
            var charged = amount + earlier.SelectMany(r => r.Charges).Where(c => c.Account == account && c.Period == period).Sum(c => c.Amount);
            var change = cost > net ? cost - net : Math.Max(charged < net ? Math.Min(charged, cost) - charged : cost - net, -charged);
            if (change != 0) charges.Add(new UsageCharge(account, period, change));
        }

        // What a call is charged for all of its attempts stands with the last.
        if (!record.IsLast) charges.AddRange((await LastChargesAsync(record, cancellation)).Select(c => c with { Amount = cost - net }));
        return charges;
    }

    private async Task<IEnumerable<UsageCharge>> LastChargesAsync(UsageRecord attempt, CancellationToken cancellation)
    {
        await foreach (var record in reports.ReadAsync(new UsageRecordQuery { RequestId = attempt.RequestId }, cancellation))
        {
            if (record is { Kind: UsageKind.Attempt, IsLast: true } && record.Edge == attempt.Edge)
                return record.Charges.Where(c => rules.Current.RuleOf(c.Account)?.Phase != RulePhase.Target);
        }

        return [];
    }

    private async Task WriteAsync(UsageRecord correction, CancellationToken cancellation)
    {
        if (log.TryAppend(new ReadOnlySpan<UsageRecord>(in correction))) return;
        // Full: there is room again once the store has what was written until now.
        await log.FlushAsync(cancellation);
        if (!log.TryAppend(new ReadOnlySpan<UsageRecord>(in correction))) throw new UsageStoreException("The log of usage takes no records; what was corrected until now stays, and the rest can be done later.");
    }
}

/// <summary>Which records are to be mended, and who says so.</summary>
/// <param name="Since">From this instant on.</param>
/// <param name="Until">Before this one; none for now.</param>
/// <param name="Provider">Only of this provider; none for all.</param>
/// <param name="Model">Only of this model, as clients name it; none for all.</param>
/// <param name="IsDry">Only says what it would do.</param>
/// <param name="Actor">Id of the admin.</param>
/// <param name="Reason">In the admin's words.</param>
internal sealed record RerateOrder(DateTimeOffset Since, DateTimeOffset? Until, string? Provider, string? Model, bool IsDry, string Actor, string? Reason);
