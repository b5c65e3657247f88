using OrleansGateway.Caching.Disk;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>Invalidation on one machine: the sequences in a SQLite file in the state folder, applied where they are numbered.</summary>
internal sealed class EmbeddedInvalidation(IInvalidationSequencer sequencer, InvalidationTable table, IParkedMessages parked, DiskCache disk, Readiness readiness)
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
        readiness.Watch(Troubles);
        // The sequence of a cluster is elsewhere, and this edge begins where it stands.
        var here = (sequencer as WatchedSequencer)?.Inner as EmbeddedSequencer;
        try
        {
            if (here is not null) disk.Open(await here.RestoreAsync(cancellation));
            // So that the metrics show them from the start.
            await parked.CountAsync(cancellation);
        }
        catch (InvalidationException) when (here is null)
        {
            // A cluster's store may be down at a start; they are counted when the next is parked or looked at.
        }
        catch (InvalidationException broken)
        {
            throw new StorageException(broken.Message, broken);
        }
    }

    private IEnumerable<Trouble> Troubles()
    {
        if (table.Trust.IsOver) yield return new Trouble(Stops: false, "Nothing is heard of the cluster's invalidations: routes with a cache do as their when_suspect says.");
        if (disk.Health.Reason is { } reason) yield return new Trouble(Stops: false, $"The cache's disk cannot be written, and nothing is stored there: {reason}");
    }
}
