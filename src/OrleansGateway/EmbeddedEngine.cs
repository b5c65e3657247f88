using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Storage;
using OrleansGateway.Tenants;

namespace OrleansGateway;

/// <summary>The engine of one machine: every port, and what stands behind it. Truth lives in a SQLite file in the state folder.</summary>
internal static class EmbeddedEngine
{
    public static IServiceCollection AddEmbeddedEngine(this IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(_ => StateLock.Take(stateFolder));
        services.TryAddSingleton(provider => SqliteDatabase.Open(
            stateFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>()));
        services.TryAddSingleton<ITenantStore, SqliteTenantStore>();
        services.TryAddSingleton<IKeyStore, SqliteKeyStore>();
        services.TryAddSingleton<IAdminTokenStore, SqliteAdminTokenStore>();
        services.TryAddSingleton<IAdminStore, SqliteAdminStore>();
        services.TryAddSingleton<IAuditLog, SqliteAuditLog>();
        services.TryAddSingleton<IConfigurationHistory, SqliteConfigurationHistory>();
        EmbeddedLeases.Add(services, stateFolder);
        EmbeddedUsage.Add(services, stateFolder);
        EmbeddedEvents.Add(services, stateFolder);
        EmbeddedInvalidation.Add(services, stateFolder);
        return services;
    }
}
