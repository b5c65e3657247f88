using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Invalidation;

public sealed class SqliteParkedMessagesTests : ParkedMessagesContract, IDisposable
{
    private readonly StateFolder _folder = new();
    private readonly CacheDatabase _database;

    public SqliteParkedMessagesTests() => _database = new CacheDatabase(SqliteDatabase.OpenCache(_folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance));

    private protected override IParkedMessages Parked => new SqliteParkedMessages(_database);

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}
