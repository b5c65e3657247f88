using System.Runtime.CompilerServices;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>Answers questions about usage, the same from both databases.</summary>
internal sealed class UsageReader(IUsageSource source)
{
    private const int LimitMax = 100_000;
    private const int PageRows = 500;

    public ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation)
    {
        if (query.Limit is < 1 or > LimitMax) throw new ArgumentException($"A report has 1 to {LimitMax} rows, not {query.Limit}.");
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        return source.ReadAsync(snapshot => ReportRun.RunAsync(snapshot, query), cancellation);
    }

    // Page by page, each from a snapshot of its own: who asks may be slow, and a snapshot that is held keeps the database from tidying up.
    public async IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var tags = query.Only.GetValueOrDefault(UsageDimension.Tag);
        var range = new RecordRange
        {
            From = query.From is { } from ? UsageTime.Of(from) : long.MinValue,
            To = query.To is { } to ? UsageTime.Of(to) : long.MaxValue,
            Filter = query.Only.Count == 0 ? null : new UsageFilter(query.Only, UsageView.All),
            RequestId = query.RequestId,
            After = query.After is { } after ? (UsageTime.Of(after.At), after.Id) : null,
            NewestFirst = query.NewestFirst,
        };
        while (true)
        {
            var asked = range;
            var page = await source.ReadAsync(snapshot => snapshot.RecordsAsync(asked, PageRows), cancellation);
            foreach (var row in page)
            {
                var record = RecordScan.Decode(row);
                if (tags is null || HasTag(record, tags)) yield return record;
            }

            if (page.Count < PageRows) yield break;
            range = range with { After = (page[^1].At, page[^1].Id) };
        }
    }

    public ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation) => source.ReadAsync(async snapshot =>
    {
        var sums = new SortedDictionary<(string Rule, string Scope, long Period), long>(Comparer<(string Rule, string Scope, long Period)>.Create(InOrder));
        await RecordScan.EachAsync(snapshot, new RecordRange(), row =>
        {
            foreach (var (account, period, amount) in RecordScan.Decode(row).Charges)
            {
                var key = (account.Rule, account.Scope, period);
                sums[key] = checked(sums.GetValueOrDefault(key) + amount);
            }
        });
        return (IReadOnlyList<UsageCharge>)[.. sums.Select(s => new UsageCharge(new(s.Key.Rule, s.Key.Scope), s.Key.Period, s.Value))];
    }, cancellation);

    public ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation) =>
        source.ReadAsync(snapshot => new RollupComparison(snapshot, most).RunAsync(), cancellation);

    private static bool HasTag(UsageRecord record, IReadOnlyList<string> tags) => tags.Any(tag => tag.Length == 0 ? record.Tags.Count == 0 : record.Tags.Contains(tag));

    private static int InOrder((string Rule, string Scope, long Period) one, (string Rule, string Scope, long Period) other)
    {
        var order = string.CompareOrdinal(one.Rule, other.Rule);
        if (order == 0) order = string.CompareOrdinal(one.Scope, other.Scope);
        return order == 0 ? one.Period.CompareTo(other.Period) : order;
    }
}
