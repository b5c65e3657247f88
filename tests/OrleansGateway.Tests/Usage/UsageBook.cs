using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Tests.Usage;

/// <summary>A log of usage that a test reads, in the order it was written; and reports of it, summed from its records each time.</summary>
internal sealed class UsageBook : IUsageLog, IUsageReports
{
    private readonly ConcurrentQueue<UsageRecord> _records = new();

    public bool HasRoom { get; set; } = true;

    /// <summary>What reports say of the store; none if it is well.</summary>
    public string? Broken { get; set; }

    public IReadOnlyList<UsageRecord> Records => [.. _records];

    public bool TryAppend(ReadOnlySpan<UsageRecord> records)
    {
        foreach (var record in records) _records.Enqueue(record);
        return true;
    }

    public void Add(params UsageRecord[] records) => TryAppend(records);

    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation)
    {
        if (Broken is { } reason) throw new UsageStoreException(reason);
        var all = _records.Where(r => r.At >= query.From && r.At < query.To && UsageFilters.Takes(query.Only, r)).ToArray();
        var rows = all.SelectMany(r => KeysOf(r, query).Select(key => (key, r))).GroupBy(p => p.key, p => p.r)
            .Select(g => new UsageRow(g.Key.At, query.By.Count == 0 ? [] : g.Key.Values.Split('\n'), Sum(g)))
            .OrderBy(r => r.At).ThenByDescending(r => r.Sums.Cost.Total).ThenBy(r => string.Concat(r.Values), StringComparer.Ordinal).ToArray();
        var page = rows.Skip(query.Offset).Take(query.Limit).ToArray();
        return ValueTask.FromResult(new UsageReport(page, Sum(all), query.Offset + page.Length < rows.Length));
    }

    public async IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (Broken is { } reason) throw new UsageStoreException(reason);
        await Task.CompletedTask;
        var found = _records.Where(r => !(r.At < query.From) && !(r.At >= query.To) && (query.RequestId is null || r.RequestId == query.RequestId) && UsageFilters.Takes(query.Only, r));
        var sorted = found.OrderBy(r => (r.At, r.Id)).ToArray();
        foreach (var record in query.NewestFirst ? sorted.Reverse() : sorted)
        {
            if (query.After is { } after && (record.At, record.Id).CompareTo((after.At, after.Id)) * (query.NewestFirst ? -1 : 1) <= 0) continue;
            yield return record;
        }
    }

    public ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Waits for so many: a client has its answer a moment before it is written down.</summary>
    public async Task<IReadOnlyList<UsageRecord>> WaitAsync(int count, CancellationToken cancellation)
    {
        while (_records.Count < count)
        {
            cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return Records;
    }

    private static IEnumerable<(DateTimeOffset? At, string Values)> KeysOf(UsageRecord record, UsageQuery query)
    {
        DateTimeOffset? at = query.Step switch
        {
            UsageStep.None => null,
            UsageStep.Minute => Floor(record.At, TimeSpan.FromMinutes(1)),
            UsageStep.Hour => Floor(record.At, TimeSpan.FromHours(1)),
            _ => Floor(record.At + query.Zone.GetUtcOffset(record.At), TimeSpan.FromDays(1)) - query.Zone.GetUtcOffset(record.At),
        };
        var tags = query.By.Contains(UsageDimension.Tag) && record.Tags.Count > 0 ? record.Tags : [""];
        return tags.Select(tag => (at, string.Join('\n', query.By.Select(b => b == UsageDimension.Tag ? tag : UsageDimensions.Of(record, b)))));
    }

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan step) => new(at.UtcTicks / step.Ticks * step.Ticks, TimeSpan.Zero);

    private static UsageSums Sum(IEnumerable<UsageRecord> records)
    {
        var all = records.ToArray();
        return new UsageSums
        {
            Requests = all.Count(r => r.IsLast),
            Attempts = all.Count(r => r.Attempt > 0),
            Failed = all.Count(r => r.IsLast && r.Outcome != OrleansGateway.Http.CallOutcome.Completed),
            Tokens = new OrleansGateway.Http.TokenUsage
            {
                Input = all.Sum(r => r.Tokens.Input), CacheRead = all.Sum(r => r.Tokens.CacheRead), Output = all.Sum(r => r.Tokens.Output), Reasoning = all.Sum(r => r.Tokens.Reasoning),
            },
            Billed = all.Sum(r => r.Billed),
            Cost = all.Aggregate(new CostParts(), (sum, r) => sum + r.Cost),
            Duration = TimeSpan.FromTicks(all.Sum(r => r.Duration.Ticks)),
            ToFirstByte = TimeSpan.FromTicks(all.Sum(r => r.ToFirstByte?.Ticks ?? 0)),
            FirstBytes = all.Count(r => r.ToFirstByte is not null),
        };
    }
}
