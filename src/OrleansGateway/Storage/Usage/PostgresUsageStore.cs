using System.Data;
using System.Net.Sockets;
using Npgsql;
using OrleansGateway.Events;
using OrleansGateway.Leases;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// The usage of a cluster, in PostgreSQL. Many gateways may apply at once: they meet at the rollups of the present, and take turns there. Awaits all the way, for what waits for a socket
/// may go on where its word arrives.
/// </summary>
internal sealed class PostgresUsageStore : IUsageStore, IUsageReports, IUsageSource, IDisposable
{
    private const int PurgedTogether = 2_000;

    private readonly PostgresDatabase _database;
    private readonly TupleCatalog _catalog;
    private readonly UsageReader _reader;
    private readonly Func<IReadOnlyList<UsageRecord>, IReadOnlyList<NewEvent>>? _tell;
    private readonly SemaphoreSlim _turn = new(1);

    /// <param name="database">The cluster's; it is not closed with the store.</param>
    /// <param name="tuplesPerTenant">Combinations of values that are counted apart for one tenant. Gateways that apply at once may each add so many.</param>
    /// <param name="tell">What is told of records as they are added, by the same transaction; none if nothing is.</param>
    public PostgresUsageStore(PostgresDatabase database, int tuplesPerTenant = TupleCatalog.PerTenantMax, Func<IReadOnlyList<UsageRecord>, IReadOnlyList<NewEvent>>? tell = null)
    {
        (_database, _catalog, _tell) = (database, new TupleCatalog(tuplesPerTenant), tell);
        _reader = new UsageReader(this);
    }

    /// <inheritdoc/>
    public async ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation)
    {
        var batch = new UsageBatch(records);
        // One at a time from here: more would only wait for each other there.
        await _turn.WaitAsync(cancellation);
        try
        {
            var applied = await InTransactionAsync(IsolationLevel.ReadCommitted, async (connection, transaction) =>
            {
                var done = await batch.ApplyAsync(new PostgresUsageTransaction(connection, transaction), _catalog);
                // Last, for others wait for the streams until the commit.
                if (_tell is not null) await PostgresEventRows.AddAsync(connection, transaction, _tell(batch.Added));
                return done;
            }, cancellation);
            _catalog.Committed();
            return applied;
        }
        catch
        {
            _catalog.Forget();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation)
    {
        var kept = UsageKept.Of(cutoffs);
        await RunAsync("UPDATE gateway.usage_state SET days = greatest(days, @days), hours = greatest(hours, @hours), records = greatest(records, @records)", cancellation,
            ("days", kept.Days), ("hours", kept.Hours), ("records", kept.Records));
        var purged = 0L;
        // Rows that another adds to at this moment wait for the next purge.
        foreach (var (slice, before) in UsagePurge.Slices(kept, "id", PurgedTogether, "gateway.", "FOR UPDATE SKIP LOCKED"))
        {
            int gone;
            do purged += gone = await RunAsync(slice, cancellation, ("before", before));
            while (gone > 0);
        }

        // Whoever applies has the state locked, and those after this see another epoch.
        await RunAsync("""
            WITH raised AS (UPDATE gateway.usage_state SET generation = generation + 1 RETURNING generation)
            DELETE FROM gateway.usage_tuples USING raised WHERE last_day < @until AND raised.generation > 0
            """, cancellation, ("until", kept.TuplesUntil));
        return purged;
    }

    /// <inheritdoc/>
    public ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation) => _reader.ReportAsync(query, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, CancellationToken cancellation) => _reader.ReadAsync(query, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation) => _reader.SumChargesAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation) => _reader.CompareRollupsAsync(most, cancellation);

    /// <summary>Of the store alone.</summary>
    public void Dispose() => _turn.Dispose();

    // Compiling a statement of 29 sums takes longer than running it.
    ValueTask<T> IUsageSource.ReadAsync<T>(Func<IUsageSnapshot, ValueTask<T>> read, CancellationToken cancellation) =>
        InTransactionAsync(IsolationLevel.RepeatableRead, async (connection, transaction) =>
        {
            await using (var plain = new NpgsqlCommand("SET LOCAL jit = off", connection, transaction)) await plain.ExecuteNonQueryAsync(cancellation);
            return await read(new PostgresUsageSnapshot(connection, transaction, cancellation));
        }, cancellation);

    private ValueTask<int> RunAsync(string sql, CancellationToken cancellation, params (string Name, long Value)[] parameters) =>
        InTransactionAsync(IsolationLevel.ReadCommitted, async (connection, transaction) =>
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = PostgresUsageTransaction.SecondsMax };
            foreach (var (name, value) in parameters) command.Parameters.Add(new NpgsqlParameter<long>(name, value));
            return await command.ExecuteNonQueryAsync(CancellationToken.None);
        }, cancellation);

    private async ValueTask<T> InTransactionAsync<T>(IsolationLevel isolation, Func<NpgsqlConnection, NpgsqlTransaction, ValueTask<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = await _database.ConnectAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(isolation, CancellationToken.None);
            var answer = await work(connection, transaction);
            await transaction.CommitAsync(CancellationToken.None);
            return answer;
        }
        catch (PostgresException failed)
        {
            throw new UsageStoreException($"PostgreSQL refuses: {failed.MessageText} ({failed.SqlState}).", failed);
        }
        catch (Exception failed) when (failed is NpgsqlException or DataException or TimeoutException or IOException or SocketException or ObjectDisposedException)
        {
            throw new UsageStoreException($"PostgreSQL did not say that it was done: {failed.Message}", failed);
        }
    }
}
