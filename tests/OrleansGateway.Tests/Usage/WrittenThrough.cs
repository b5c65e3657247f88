using System.Collections.Concurrent;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A log of usage that hands its records to a store whenever it is asked to flush.</summary>
internal sealed class WrittenThrough(IUsageStore store) : IUsageLog, IDisposable
{
    private readonly ConcurrentQueue<UsageRecord> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);

    public bool HasRoom => true;

    public void Dispose() => _turn.Dispose();

    public bool TryAppend(ReadOnlySpan<UsageRecord> records)
    {
        foreach (var record in records) _waiting.Enqueue(record);
        return true;
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var batch = new List<UsageRecord>();
            while (_waiting.TryDequeue(out var record)) batch.Add(record);
            if (batch.Count > 0) await store.ApplyAsync(batch, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }
}
