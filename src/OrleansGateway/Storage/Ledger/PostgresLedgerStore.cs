using System.Data;
using System.Net.Sockets;
using Npgsql;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// The ledger of a cluster, in PostgreSQL. Whoever writes for an owner has its row locked; so the default isolation (<c>READ COMMITTED</c>) is enough: nobody else changes what it reads.
/// </summary>
internal sealed class PostgresLedgerStore(PostgresDatabase database, TimeProvider time) : ILedgerStore, ILedgerHistory
{
    private const int PurgedTogether = 2_000;

    private static readonly LedgerReads Reads = new("gateway.");

    /// <inheritdoc/>
    public ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation) => InTransactionAsync(IsolationLevel.ReadCommitted, async (connection, transaction) =>
    {
        await connection.ChangeAsync(transaction, """
            INSERT INTO gateway.ledger_owners AS o (owner, epoch, version) VALUES (@owner, 1, 1)
            ON CONFLICT (owner) DO UPDATE SET epoch = o.epoch + 1, version = o.version + 1
            """, isPatient: false, ("owner", owner));
        await connection.ChangeAsync(transaction, Reads.MarkPast, isPatient: false, ("owner", owner));
        var record = await Reads.RecordAsync(connection, transaction, owner);
        await transaction.CommitAsync(CancellationToken.None);
        return record!;
    }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation)
    {
        try
        {
            return await CallAsync(async connection =>
            {
                if (write.Adjustment is null) await RunAsync(connection, null, [PostgresLedgerWrites.Fence(write), .. PostgresLedgerWrites.Rows(write, time.GetUtcNow())]);
                else await AdjustAsync(connection, write, write.Adjustment);
                return LedgerOutcome.Written;
            }, cancellation);
        }
        catch (LedgerException refused) when (refused.InnerException is PostgresException { SqlState: PostgresLedgerWrites.FencedCode })
        {
            return LedgerOutcome.Fenced;
        }
    }

    /// <inheritdoc/>
    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.RecordAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation) =>
        CallAsync(connection => Reads.OwnersOfOthersAsync(connection, transaction: null, sessions), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerHistory> ReadHistoryAsync(LedgerHistoryQuery query, CancellationToken cancellation) => InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.HistoryAsync(connection, transaction, query), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellation) => InTransactionAsync(IsolationLevel.RepeatableRead, Reads.OwnersAsync, cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerBooks?> ReadBooksAsync(string owner, CancellationToken cancellation) => InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.BooksAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OwnerNotice>> ReadNoticesAsync(DateTimeOffset since, int limit, CancellationToken cancellation) => InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.NoticesAsync(connection, transaction, since, limit), cancellation);

    /// <inheritdoc/>
    public async ValueTask<int> PurgeAsync(LedgerCutoffs cutoffs, CancellationToken cancellation)
    {
        var purged = 0;
        foreach (var slice in Reads.Purges("ctid", PurgedTogether))
        {
            int gone;
            do
            {
                // A statement must not be told of more than it asks for.
                (string, object)[] asked = slice.Contains("@leases", StringComparison.Ordinal)
                    ? [("leases", cutoffs.Leases.ToUnixTimeMilliseconds())]
                    : [("periods", cutoffs.Periods.ToUnixTimeMilliseconds())];
                gone = await CallAsync(connection => connection.ChangeAsync(null, slice, isPatient: false, asked), cancellation);
                purged += gone;
            }
            while (gone > 0);
        }

        return purged;
    }

    // Whether the act was done before decides what else is written: that takes a second trip, and acts are rare.
    private async Task AdjustAsync(NpgsqlConnection connection, LedgerWrite write, AdjustmentRow adjustment)
    {
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        var adding = PostgresLedgerWrites.Add(write.Owner, adjustment);
        await RunAsync(connection, transaction, [PostgresLedgerWrites.Fence(write), adding]);
        if (adding.RecordsAffected > 0) await RunAsync(connection, transaction, [.. PostgresLedgerWrites.Rows(write, time.GetUtcNow())]);
        await transaction.CommitAsync(CancellationToken.None);
    }

    private static async Task RunAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, IReadOnlyList<NpgsqlBatchCommand> commands)
    {
        if (commands.Count == 0) return;
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var command in commands) batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private ValueTask<T> InTransactionAsync<T>(IsolationLevel isolation, Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work, CancellationToken cancellation) =>
        CallAsync(async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(isolation, CancellationToken.None);
            return await work(connection, transaction);
        }, cancellation);

    // Cancelled only before anything was sent: a write that is under way must be learned of. The command timeout ends it.
    private async ValueTask<T> CallAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = await database.ConnectAsync(cancellation);
            return await work(connection);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresLedgerWrites.RefusedCode)
        {
            throw new LedgerException($"The ledger refuses a write: {refused.MessageText}.", refused);
        }
        catch (PostgresException failed)
        {
            throw new LedgerException($"PostgreSQL refuses: {failed.MessageText} ({failed.SqlState}).", failed);
        }
        catch (Exception failed) when (failed is NpgsqlException or DataException or TimeoutException or IOException or SocketException or ObjectDisposedException)
        {
            throw new LedgerException($"PostgreSQL did not say that it was done: {failed.Message}", failed);
        }
    }
}
