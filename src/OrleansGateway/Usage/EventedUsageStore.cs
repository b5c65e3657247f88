using OrleansGateway.Events;

namespace OrleansGateway.Usage;

/// <summary>Tells of records once they are in the store. Not told is not applied: the caller then does both again.</summary>
internal sealed class EventedUsageStore(IUsageStore store, UsageEvents events) : IUsageStore
{
    /// <inheritdoc/>
    public async ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation)
    {
        var applied = await store.ApplyAsync(records, cancellation);
        try
        {
            await events.RecordedAsync(records, cancellation);
        }
        catch (EventStoreException failed)
        {
            throw new UsageStoreException($"The records are applied, and cannot be told of: {failed.Message}", failed);
        }

        return applied;
    }

    /// <inheritdoc/>
    public ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation) => store.PurgeAsync(cutoffs, cancellation);
}
