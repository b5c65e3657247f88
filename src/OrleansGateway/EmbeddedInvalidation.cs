using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;

namespace OrleansGateway;

/// <summary>Invalidation on one machine: the sequences in a SQLite file in the state folder, applied where they are numbered.</summary>
internal sealed class EmbeddedInvalidation(EmbeddedSequencer sequencer, IParkedMessages parked)
{
    /// <summary>The ports, and what stands behind them.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(_ => new InvalidationTable());
        services.TryAddSingleton(provider => new CacheDatabase(
            SqliteDatabase.OpenCache(stateFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>())));
        services.TryAddSingleton<IInvalidationLog>(provider => new SqliteInvalidationLog(provider.GetRequiredService<CacheDatabase>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IParkedMessages>(provider => new CountedMessages(new SqliteParkedMessages(provider.GetRequiredService<CacheDatabase>()), provider.GetRequiredService<InvalidationMetrics>()));
        services.TryAddSingleton<EmbeddedSequencer>();
        services.TryAddSingleton<RecentPurges>();
        services.TryAddSingleton<InvalidationMetrics>();
        services.TryAddSingleton<IInvalidationSequencer>(provider => new WatchedSequencer(
            provider.GetRequiredService<EmbeddedSequencer>(), provider.GetRequiredService<InvalidationMetrics>(), provider.GetRequiredService<RecentPurges>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<Publisher>();
        services.TryAddSingleton<EventSources>();
        services.TryAddSingleton<EventIntake>();
        services.TryAddSingleton<EmbeddedInvalidation>();
    }

    /// <summary>Before anything is stored. Throws <see cref="StorageException"/> if it is not known what has been invalidated.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            // What is stored is in memory only, so that nothing of before the start can come back.
            foreach (var restored in await sequencer.RestoreAsync(cancellation)) restored.Dispose();
            // So that the metrics show them from the start.
            await parked.CountAsync(cancellation);
        }
        catch (InvalidationException broken)
        {
            throw new StorageException(broken.Message, broken);
        }
    }
}
