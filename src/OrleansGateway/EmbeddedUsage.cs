using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway;

/// <summary>Usage on one machine: the log in the state folder, and the store in a SQLite file beside it.</summary>
internal sealed class EmbeddedUsage(
    UsageLog log, UsageShipper shipper, UsageDamage damage, UsageLogFigures figures, Func<Snapshot> snapshot, GatewayMetrics metrics, Readiness readiness)
{
    /// <summary>Longest time that a stop waits for the store. What is not there by then goes there at the next start.</summary>
    private static readonly TimeSpan s_stopMax = TimeSpan.FromSeconds(10);

    /// <summary>The ports, and what stands behind them.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        var folder = Path.Combine(stateFolder, "usage");
        // Where usage is kept elsewhere, it is told of in the transaction that keeps it.
        if (services.All(static s => s.ServiceType != typeof(IUsageStore))) services.TryAddEnumerable(ServiceDescriptor.Singleton<IEventFeed, UsageEvents>());
        services.TryAddSingleton(provider => new SqliteUsageStore(
            SqliteDatabase.OpenUsage(stateFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>())));
        services.TryAddSingleton<IUsageStore>(provider => provider.GetRequiredService<SqliteUsageStore>());
        services.TryAddSingleton<IUsageSequence>(provider => provider.GetRequiredService<SqliteUsageStore>());
        services.TryAddSingleton<IUsageReports>(provider => provider.GetRequiredService<SqliteUsageStore>());
        services.TryAddSingleton<UsageLogFigures>();
        services.TryAddSingleton(provider => new UsageDamage(Path.Combine(folder, "damaged"), provider.GetRequiredService<ILogger<UsageShipper>>()));
        services.TryAddSingleton(provider => UsageLog.Open(folder, provider.GetRequiredService<EdgeSession>().Id, new UsageLogParts(
            SettingsOf(provider),
            () => provider.GetRequiredService<GatewayMetrics>().RequestsInFlight,
            provider.GetRequiredService<UsageLogFigures>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UsageLog>>())));
        services.TryAddSingleton<IUsageLog>(provider => provider.GetRequiredService<UsageLog>());
        services.TryAddSingleton(provider => new UsageShipper(
            provider.GetRequiredService<UsageLog>(),
            provider.GetRequiredService<IUsageStore>(),
            provider.GetRequiredService<UsageDamage>(),
            SettingsOf(provider),
            provider.GetRequiredService<UsageLogFigures>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UsageShipper>>()));
        services.TryAddSingleton<EmbeddedUsage>();
    }

    /// <summary>Brings to the store what former sessions have left, and what comes from now on.</summary>
    public void Start()
    {
        figures.Show(metrics.Meter, () => log.Backlog.Bytes, () => shipper.Lag);
        readiness.Watch(Trouble);
        shipper.Start();
    }

    /// <summary>Waits for the store: once requests have ended.</summary>
    public async Task StopAsync()
    {
        await shipper.StopAsync(s_stopMax);
        await log.DisposeAsync();
    }

    private static Func<UsageSettings> SettingsOf(IServiceProvider provider)
    {
        var snapshot = provider.GetRequiredService<Func<Snapshot>>();
        return () => snapshot().Settings.Usage;
    }

    private IEnumerable<Trouble> Trouble()
    {
        var isRefused = snapshot().Settings.Usage.WhenFull == UsageWhenFull.Refuse;
        if (log.Obstacle is { } obstacle) yield return new Trouble(isRefused, obstacle + (isRefused ? " Model calls are refused." : " Records of usage are dropped."));
        if (shipper.Failure is { } failure)
        {
            var seconds = (long)shipper.Lag.TotalSeconds;
            yield return new Trouble(false, string.Create(CultureInfo.InvariantCulture, $"The usage store takes no records; they wait in the log, the oldest for {seconds} s. {failure}"));
        }

        if (damage.Count is > 0 and var pieces)
            yield return new Trouble(false, string.Create(CultureInfo.InvariantCulture, $"Pieces of the usage log could not be read: {pieces}. They are in usage/damaged in the state folder."));
    }
}
