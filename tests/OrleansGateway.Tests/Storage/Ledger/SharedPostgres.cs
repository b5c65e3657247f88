using OrleansGateway.Tests.Storage.Ledger;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>The PostgreSQL that tests share: each takes a database of its own. Started by the first who needs it.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresCluster>> _cluster = new(PostgresCluster.StartAsync);

    /// <summary>A new, empty database; answers how to connect to it.</summary>
    public async Task<string> NewDatabaseAsync() => await (await _cluster.Value).NewDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated) await (await _cluster.Value).DisposeAsync();
    }
}
