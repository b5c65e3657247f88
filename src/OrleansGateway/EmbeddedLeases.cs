using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Limits;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway;

/// <summary>The leases of one machine: owners and edge in this process, with the ledger, the journal of holds and the saved levels in the state folder.</summary>
internal static class EmbeddedLeases
{
    /// <summary>The ports, and what stands behind them.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(provider => new SqliteLedgerStore(
            SqliteDatabase.OpenLedger(stateFolder, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>()),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ILedgerStore>(provider => provider.GetRequiredService<SqliteLedgerStore>());
        services.TryAddSingleton<ILedgerHistory>(provider => provider.GetRequiredService<SqliteLedgerStore>());
        services.TryAddSingleton(provider => new EmbeddedOwners(
            provider.GetRequiredService<ILedgerStore>(),
            account => provider.GetRequiredService<RuleTables>().Current.SpecOf(account),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EmbeddedOwners>>(),
            new OwnerSettings(),
            Path.Combine(stateFolder, "levels.json")));
        services.TryAddSingleton<IOwnerEngine>(provider => provider.GetRequiredService<EmbeddedOwners>());
        services.TryAddSingleton<ILeaseOwners>(provider => provider.GetRequiredService<EmbeddedOwners>());
        services.TryAddSingleton<IOwnerViews>(provider => provider.GetRequiredService<EmbeddedOwners>());
        services.TryAddSingleton<IBudgets>(provider => provider.GetRequiredService<EmbeddedOwners>());
        EdgeLeases.Add(services, stateFolder);
    }
}
