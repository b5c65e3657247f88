using Microsoft.Data.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>Reads and writes a database of the embedded engine, and says in the words of its port when that fails.</summary>
/// <param name="database">The database, which it owns.</param>
/// <param name="name">What it holds, at the beginning of a sentence.</param>
internal abstract class SqliteTransactions(SqliteDatabase database, string name) : IDisposable
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
            throw Failed($"{name} cannot be read: {failed.Message}", failed);
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
            throw Failed($"{name} cannot be written: {failed.Message}", failed);
        }
    }

    public void Dispose() => database.Dispose();

    /// <summary>The exception that callers of the port know.</summary>
    protected abstract Exception Failed(string message, SqliteException cause);
}
