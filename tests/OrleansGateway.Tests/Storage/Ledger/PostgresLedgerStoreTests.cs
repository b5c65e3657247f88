using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Tests.Storage.Ledger;

public sealed class PostgresLedgerStoreTests(SharedPostgres postgres) : LedgerStoreContract, IAsyncLifetime
{
    private readonly List<PostgresDatabase> _databases = [];
    private string _connection = "";

    public async ValueTask InitializeAsync() => _connection = await postgres.NewDatabaseAsync();

    [Fact(Timeout = 60_000)]
    public async Task OpenAsync_OfManyProgramsAtOnce_MigratesOnce()
    {
        var connection = await postgres.NewDatabaseAsync();
        var logs = Enumerable.Range(0, 6).Select(_ => new ListLogger<PostgresDatabase>()).ToArray();
        var opened = await Task.WhenAll(logs.Select(log => PostgresDatabase.OpenAsync(connection, new ManualTime(), log, Cancel)));
        Assert.Single(logs.SelectMany(l => l.Lines));
        foreach (var database in opened) await database.DisposeAsync();
    }

    private protected override async Task<ILedgerStore> OpenAsync()
    {
        _databases.Add(await PostgresDatabase.OpenAsync(_connection, new ManualTime(), NullLogger<PostgresDatabase>.Instance, Cancel));
        return new PostgresLedgerStore(_databases[^1], new ManualTime());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases) await database.DisposeAsync();
    }
}
