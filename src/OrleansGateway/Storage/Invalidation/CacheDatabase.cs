using Microsoft.Data.Sqlite;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary><c>cache.db</c>.</summary>
internal sealed class CacheDatabase(SqliteDatabase database) : SqliteTransactions(database, "The store of invalidations")
{
    protected override Exception Failed(string message, SqliteException cause) => new InvalidationException(message, cause);
}
