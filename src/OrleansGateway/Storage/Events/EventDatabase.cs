using Microsoft.Data.Sqlite;
using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary>Reads and writes <c>events.db</c>, and says in the ports' words when that fails.</summary>
internal sealed class EventDatabase(SqliteDatabase database) : IDisposable
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
            throw new EventStoreException($"The event log cannot be read: {failed.Message}", failed);
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
            throw new EventStoreException($"The event log cannot be written: {failed.Message}", failed);
        }
    }

    public void Dispose() => database.Dispose();
}
