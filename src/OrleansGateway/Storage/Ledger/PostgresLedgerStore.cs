using System.Data;
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
    public ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation) => database.InTransactionAsync(IsolationLevel.ReadCommitted, async (connection, transaction) =>
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
            return await database.CallAsync(async connection =>
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
    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => database.InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.RecordAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation) =>
        database.CallAsync(connection => Reads.OwnersOfOthersAsync(connection, transaction: null, sessions), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerHistory> ReadHistoryAsync(LedgerHistoryQuery query, CancellationToken cancellation) => database.InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.HistoryAsync(connection, transaction, query), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellation) => database.InTransactionAsync(IsolationLevel.RepeatableRead, Reads.OwnersAsync, cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerBooks?> ReadBooksAsync(string owner, CancellationToken cancellation) => database.InTransactionAsync(
        IsolationLevel.RepeatableRead, (connection, transaction) => Reads.BooksAsync(connection, transaction, owner), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OwnerNotice>> ReadNoticesAsync(DateTimeOffset since, int limit, CancellationToken cancellation) => database.InTransactionAsync(
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
                gone = await database.CallAsync(connection => connection.ChangeAsync(null, slice, isPatient: false, asked), cancellation);
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
}
