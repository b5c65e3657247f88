using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>The ledger of one machine, in <c>ledger.db</c>.</summary>
internal sealed class SqliteLedgerStore(SqliteDatabase database, TimeProvider time) : ILedgerStore, ILedgerHistory, IAsyncDisposable
{
    private const int PurgedTogether = 2_000;

    private static readonly LedgerReads Reads = new("");

    private readonly SqliteLedgerWriter _writer = new(database, time);

    /// <inheritdoc/>
    public ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation) => _writer.RunAsync(async (_, transaction) =>
    {
        var connection = transaction.Connection!;
        connection.Execute("""
            INSERT INTO ledger_owners (owner, epoch, version) VALUES (@owner, 1, 1)
            ON CONFLICT (owner) DO UPDATE SET epoch = epoch + 1, version = version + 1
            """, new { owner }, transaction);
        connection.Execute(Reads.MarkPast, new { owner }, transaction);
        return (await Reads.RecordAsync(connection, transaction, owner))!;
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation) =>
        _writer.RunAsync((writes, transaction) => ValueTask.FromResult(writes.Apply(transaction, write)), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) =>
        ReadAsync((connection, transaction) => Reads.RecordAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation) =>
        ReadAsync((connection, transaction) => Reads.OwnersOfOthersAsync(connection, transaction, sessions), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerHistory> ReadHistoryAsync(LedgerHistoryQuery query, CancellationToken cancellation) =>
        ReadAsync((connection, transaction) => Reads.HistoryAsync(connection, transaction, query), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellation) => ReadAsync((connection, transaction) => Reads.OwnersAsync(connection, transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerBooks?> ReadBooksAsync(string owner, CancellationToken cancellation) =>
        ReadAsync((connection, transaction) => Reads.BooksAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OwnerNotice>> ReadNoticesAsync(DateTimeOffset since, int limit, CancellationToken cancellation) =>
        ReadAsync((connection, transaction) => Reads.NoticesAsync(connection, transaction, since, limit), cancellation);

    /// <inheritdoc/>
    public async ValueTask<int> PurgeAsync(LedgerCutoffs cutoffs, CancellationToken cancellation)
    {
        var asked = new { leases = cutoffs.Leases.ToUnixTimeMilliseconds(), periods = cutoffs.Periods.ToUnixTimeMilliseconds() };
        var purged = 0;
        foreach (var slice in Reads.Purges("rowid", PurgedTogether))
        {
            int gone;
            do
            {
                gone = await _writer.RunAsync(async (_, transaction) => await transaction.Connection!.ExecuteAsync(slice, asked, transaction), cancellation);
                purged += gone;
            }
            while (gone > 0);
        }

        return purged;
    }

    /// <summary>Writes what waits, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        database.Dispose();
    }

    private async ValueTask<T> ReadAsync<T>(Func<SqliteConnection, SqliteTransaction, Task<T>> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = database.Connect();
            await using var transaction = connection.BeginTransaction(deferred: true);
            return await read(connection, transaction);
        }
        catch (SqliteException failed)
        {
            throw new LedgerException($"The ledger cannot be read: {failed.Message}", failed);
        }
    }
}
