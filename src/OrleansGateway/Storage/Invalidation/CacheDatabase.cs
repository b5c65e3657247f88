using Microsoft.Data.Sqlite;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Reads and writes <c>cache.db</c>, and says in the ports' words when that fails.</summary>
internal sealed class CacheDatabase(SqliteDatabase database) : IDisposable
{
    public async ValueTask<T> ReadAsync<T>(Func<SqliteConnection, Task<T>> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = database.Connect();
            return await read(connection);
        }
        catch (SqliteException failed)
        {
            throw new InvalidationException($"The store of invalidations cannot be read: {failed.Message}", failed);
        }
    }

    /// <summary>Runs it in a transaction that has the write lock from the start, and commits.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteTransaction, Task<T>> write, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = database.Connect();
            await using var transaction = connection.BeginTransaction(deferred: false);
            var result = await write(transaction);
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        catch (SqliteException failed)
        {
            throw new InvalidationException($"The store of invalidations cannot be written: {failed.Message}", failed);
        }
    }

    public void Dispose() => database.Dispose();
}
