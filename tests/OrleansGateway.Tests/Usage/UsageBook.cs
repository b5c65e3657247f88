using System.Collections.Concurrent;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A log of usage that a test reads, in the order it was written.</summary>
internal sealed class UsageBook : IUsageLog
{
    private readonly ConcurrentQueue<UsageRecord> _records = new();

    public bool HasRoom { get; set; } = true;

    public IReadOnlyList<UsageRecord> Records => [.. _records];

    public bool TryAppend(ReadOnlySpan<UsageRecord> records)
    {
        foreach (var record in records) _records.Enqueue(record);
        return true;
    }

    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

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
}
