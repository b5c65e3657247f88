using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Tests.Storage;

public sealed class PostgresKeyStoreTests(SharedPostgres postgres) : KeyStoreContract, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private protected override IKeyStore Store => new PostgresKeyStore(_database);

    public async ValueTask InitializeAsync() =>
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), new ManualTime(), NullLogger<PostgresDatabase>.Instance, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
