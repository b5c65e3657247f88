using Microsoft.Data.Sqlite;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>Reads <c>usage.db</c>, each time on a connection from the pool.</summary>
internal sealed class SqliteUsageSource(SqliteDatabase database) : IUsageSource
{
    ValueTask<T> IUsageSource.ReadAsync<T>(Func<IUsageSnapshot, ValueTask<T>> read, CancellationToken cancellation) => ReadAsync(read, cancellation);

    // On a thread of the pool: SQLite waits for its disk without awaiting, and a long report takes a second.
    public async ValueTask<T> ReadAsync<T>(Func<SqliteUsageSnapshot, ValueTask<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(async () =>
            {
                using var connection = database.Connect();
                using var transaction = connection.BeginTransaction(deferred: true);
                return await read(new SqliteUsageSnapshot(connection, cancellation));
            }, cancellation);
        }
        catch (SqliteException failed)
        {
            throw new UsageStoreException($"Usage cannot be read: {failed.Message}", failed);
        }
    }
}
