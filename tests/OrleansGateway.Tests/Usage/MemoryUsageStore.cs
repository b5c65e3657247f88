using System.Collections.Concurrent;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A store that forgets with the process, and fails when it is told to.</summary>
internal sealed class MemoryUsageStore : IUsageStore
{
    private readonly ConcurrentDictionary<Guid, UsageRecord> _records = [];

    /// <summary>Why it is down; none if it is not.</summary>
    public string? Down { get; set; }

    /// <summary>Whether batches are applied, and then nobody is told.</summary>
    public bool LosesAnswers { get; set; }

    public int Calls { get; private set; }

    public int Known { get; private set; }

    public IReadOnlyCollection<UsageRecord> Records => [.. _records.Values];

    /// <summary>Ids in the order of their first coming.</summary>
    public ConcurrentQueue<Guid> Order { get; } = [];

    public ConcurrentQueue<UsageCutoffs> Purges { get; } = [];

    public ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation)
    {
        Calls++;
        if (Down is { } reason) throw new UsageStoreException(reason);
        var added = 0;
        foreach (var record in records)
        {
            if (!_records.TryAdd(record.Id, record)) continue;
            Order.Enqueue(record.Id);
            added++;
        }

        Known += records.Count - added;
        if (LosesAnswers) throw new UsageStoreException("The answer is lost.");
        return ValueTask.FromResult(new UsageApplied(added, records.Count - added));
    }

    public ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation)
    {
        if (Down is { } reason) throw new UsageStoreException(reason);
        Purges.Enqueue(cutoffs);
        return ValueTask.FromResult(0L);
    }
}
