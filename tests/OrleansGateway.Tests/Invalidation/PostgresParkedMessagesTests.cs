using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Tests.Invalidation;

public sealed class PostgresParkedMessagesTests(SharedPostgres postgres) : ParkedMessagesContract, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private protected override IParkedMessages Parked => new PostgresParkedMessages(_database);

    public async ValueTask InitializeAsync() =>
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), new ManualTime(), NullLogger<PostgresDatabase>.Instance, Cancel);

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
