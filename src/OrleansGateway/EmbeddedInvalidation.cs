using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>Invalidation on one machine: the sequences in a SQLite file in the state folder, applied where they are numbered.</summary>
internal sealed class EmbeddedInvalidation(IInvalidationSequencer sequencer, InvalidationTable table, Readiness readiness)
{
    /// <summary>The ports, and what stands behind them.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(_ => new InvalidationTable());
        services.TryAddSingleton(provider => new CacheDatabase(
            SqliteDatabase.OpenCache(stateFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>())));
        services.TryAddSingleton<IInvalidationLog>(provider => new SqliteInvalidationLog(provider.GetRequiredService<CacheDatabase>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IParkedMessages, SqliteParkedMessages>();
        services.TryAddSingleton<EmbeddedSequencer>();
        services.TryAddSingleton<IInvalidationSequencer>(provider => provider.GetRequiredService<EmbeddedSequencer>());
        services.TryAddSingleton<Publisher>();
        services.TryAddSingleton<EventSources>();
        services.TryAddSingleton<EventIntake>();
        services.TryAddSingleton<EmbeddedInvalidation>();
    }

    /// <summary>Before anything is stored. Throws <see cref="StorageException"/> if it is not known what has been invalidated.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        readiness.Watch(() => table.Trust.IsOver ? [new Trouble(false, "Nothing is heard of the cluster's invalidations; nothing is answered from the cache.")] : []);
        // The sequence of a cluster is elsewhere, and this edge begins where it stands.
        if (sequencer is not EmbeddedSequencer here) return;
        try
        {
            // What is stored is in memory only, so that nothing of before the start can come back.
            foreach (var restored in await here.RestoreAsync(cancellation)) restored.Dispose();
        }
        catch (InvalidationException broken)
        {
            throw new StorageException(broken.Message, broken);
        }
    }
}
