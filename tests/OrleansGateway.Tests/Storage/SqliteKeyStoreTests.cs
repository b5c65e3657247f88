using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Storage;

public sealed class SqliteKeyStoreTests : KeyStoreContract, IDisposable
{
    private readonly StateFolder _folder = new();
    private readonly SqliteDatabase _database;

    public SqliteKeyStoreTests()
    {
        _database = SqliteDatabase.Open(_folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
        Store = new SqliteKeyStore(_database);
    }

    private protected override IKeyStore Store { get; }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}
