using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>The usage of one machine, in <c>usage.db</c>. SQLite has one writer at a time, so who writes waits here and not for its lock.</summary>
internal sealed class SqliteUsageStore : IUsageStore, IUsageReports, IUsageSequence, IAsyncDisposable
{
    private const int PurgedTogether = 2_000;

    private readonly SqliteDatabase _database;
    private readonly TupleCatalog _catalog;
    private readonly SqliteUsageSource _source;
    private readonly UsageReader _reader;
    private readonly SemaphoreSlim _turn = new(1);
    private SqliteConnection? _connection;
    private SqliteUsageTransaction? _writes;
    private bool _isClosed;

    /// <param name="database"><c>usage.db</c>; closed with the store.</param>
    /// <param name="tuplesPerTenant">Combinations of values that are counted apart for one tenant.</param>
    public SqliteUsageStore(SqliteDatabase database, int tuplesPerTenant = TupleCatalog.PerTenantMax)
    {
        (_database, _catalog) = (database, new TupleCatalog(tuplesPerTenant));
        _source = new SqliteUsageSource(database);
        _reader = new UsageReader(_source);
    }

    /// <inheritdoc/>
    public ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation)
    {
        var batch = new UsageBatch(records);
        return WriteAsync(writes => batch.ApplyAsync(writes, _catalog), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation)
    {
        var kept = UsageKept.Of(cutoffs);
        await RunAsync("UPDATE usage_state SET days = max(days, @Days), hours = max(hours, @Hours), records = max(records, @Records)", kept, cancellation);
        var purged = 0L;
        foreach (var (slice, before) in UsagePurge.Slices(kept, "sequence", PurgedTogether))
        {
            int gone;
            do purged += gone = await RunAsync(slice, new { before }, cancellation);
            while (gone > 0);
        }

        await RunAsync("UPDATE usage_state SET generation = generation + 1; DELETE FROM usage_tuples WHERE last_day < @TuplesUntil", kept, cancellation);
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

    /// <inheritdoc/>
    public ValueTask<long> LastAsync(CancellationToken cancellation) => _source.ReadAsync(static snapshot => ValueTask.FromResult(snapshot.LastSequence()), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(long Number, UsageRecord Record)>> BehindAsync(long number, int most, CancellationToken cancellation) =>
        _source.ReadAsync(snapshot => ValueTask.FromResult(snapshot.Behind(number, most)), cancellation);

    /// <summary>Waits for who writes, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        if (!_isClosed) Close();
        _isClosed = true;
        _turn.Release();
        _database.Dispose();
    }

    private ValueTask<int> RunAsync(string sql, object parameters, CancellationToken cancellation) =>
        WriteAsync(_ => ValueTask.FromResult(_connection!.Execute(sql, parameters)), cancellation);

    // On a thread of the pool: it takes long, and whoever calls may be on a thread that others' sockets wait for.
    private async ValueTask<T> WriteAsync<T>(Func<SqliteUsageTransaction, ValueTask<T>> write, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => InTransactionAsync(write), CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<T> InTransactionAsync<T>(Func<SqliteUsageTransaction, ValueTask<T>> write)
    {
        if (_isClosed) throw new UsageStoreException("The usage store is closed.");
        try
        {
            _connection ??= Connect();
            _writes ??= new SqliteUsageTransaction(_connection);
            _connection.Execute("BEGIN IMMEDIATE");
            var answer = await write(_writes);
            _connection.Execute("COMMIT");
            _catalog.Committed();
            return answer;
        }
        catch (Exception failed)
        {
            // A fresh connection knows of no transaction: nothing that was written stays.
            Close();
            if (failed is SqliteException or InvalidOperationException or IOException or StorageException) throw new UsageStoreException($"Usage cannot be written: {failed.Message}", failed);
            throw;
        }
    }

    private SqliteConnection Connect()
    {
        var connection = _database.Connect();
        // Seconds that one statement waits for the lock of another program; 30 unless told.
        connection.DefaultTimeout = 5;
        // The ends of the indexes and the rollups of the present stay in memory. And a checkpoint, which writes each page once however often it was changed, comes every 64 MB.
        connection.Execute("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384");
        return connection;
    }

    private void Close()
    {
        _catalog.Forget();
        _writes?.Dispose();
        if (_connection is not null)
        {
            // Out of the pool: it may be what is broken, or in a transaction.
            SqliteConnection.ClearPool(_connection);
            _connection.Dispose();
        }

        (_writes, _connection) = (null, null);
    }
}
