using Microsoft.Data.Sqlite;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Usage;

/// <summary>What is written to <c>usage.db</c>, on the one connection that writes. The transaction is the connection's.</summary>
internal sealed class SqliteUsageTransaction : IUsageTransaction, IDisposable
{
    private const int FirstSum = 3;

    private readonly RawStatement _epoch, _tenants, _find, _put, _record;
    private readonly Dictionary<UsageTable, RawStatement> _sums;

    public SqliteUsageTransaction(SqliteConnection connection)
    {
        _epoch = new RawStatement(connection, "SELECT generation FROM usage_state");
        _tenants = new RawStatement(connection, "SELECT tenant, count(*) FROM usage_tuples WHERE view_name IS NULL GROUP BY tenant");
        _find = new RawStatement(connection, "SELECT id, last_day FROM usage_tuples WHERE digest = ?1");
        _put = new RawStatement(connection, $"""
            INSERT INTO usage_tuples (digest, last_day, {UsageSql.TupleNames}) VALUES (?1, ?2, {UsageSql.Numbered("?", 3, UsageTuple.Columns.Count)})
            ON CONFLICT (digest) DO UPDATE SET last_day = max(last_day, excluded.last_day) RETURNING id, last_day
            """);
        _record = new RawStatement(connection, """
            INSERT INTO usage_records (id, at, tuple, request_id, tags, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING
            """);
        _sums = UsageTable.Rollups.ToDictionary(table => table, table => new RawStatement(connection, $"""
            INSERT INTO {table.Name} AS r (bucket, tuple, {UsageSql.SumNames}) VALUES (?1, ?2, {UsageSql.Numbered("?", FirstSum, SumColumns.Count)})
            ON CONFLICT (bucket, tuple) DO UPDATE SET {UsageSql.AddSums}
            """));
    }

    public ValueTask<long> EpochAsync()
    {
        var epoch = _epoch.Step() ? _epoch.Long(0) : throw new StorageException("usage.db has no state.");
        _epoch.Reset();
        return ValueTask.FromResult(epoch);
    }

    public ValueTask<IReadOnlyDictionary<string, int>> TenantsAsync()
    {
        var tenants = new Dictionary<string, int>();
        while (_tenants.Step()) tenants[LedgerText.FromStore(_tenants.Text(0))] = (int)_tenants.Long(1);
        return ValueTask.FromResult<IReadOnlyDictionary<string, int>>(tenants);
    }

    public ValueTask<IReadOnlyList<StoredTuple>> FindTuplesAsync(IReadOnlyList<UsageTuple> tuples)
    {
        var found = new List<StoredTuple>();
        foreach (var tuple in tuples)
        {
            _find.Bind(1, tuple.Digest());
            if (_find.Step()) found.Add(new StoredTuple(tuple, _find.Long(0), _find.Long(1)));
            _find.Reset();
        }

        return ValueTask.FromResult<IReadOnlyList<StoredTuple>>(found);
    }

    public ValueTask<IReadOnlyList<StoredTuple>> PutTuplesAsync(IReadOnlyList<(UsageTuple Tuple, long LastDay)> tuples)
    {
        var put = new List<StoredTuple>(tuples.Count);
        foreach (var (tuple, lastDay) in tuples)
        {
            _put.Bind(1, tuple.Digest()).Bind(2, lastDay);
            for (var i = 0; i < UsageTuple.Columns.Count; i++) _put.Bind(3 + i, tuple[(OrleansGateway.Usage.UsageDimension)i] is { } value ? LedgerText.ToStore(value) : null);
            _put.Step();
            put.Add(new StoredTuple(tuple, _put.Long(0), _put.Long(1)));
            _put.Reset();
        }

        return ValueTask.FromResult<IReadOnlyList<StoredTuple>>(put);
    }

    public ValueTask<bool[]> AddRecordsAsync(IReadOnlyList<StoredUsage> rows)
    {
        var isNew = new bool[rows.Count];
        for (var i = 0; i < isNew.Length; i++)
        {
            var row = rows[i];
            isNew[i] = _record.Bind(1, row.Id).Bind(2, row.At).Bind(3, row.Tuple).Bind(4, LedgerText.ToStore(row.RequestId)).Bind(5, row.Tags).Bind(6, row.Record).Run() > 0;
        }

        return ValueTask.FromResult(isNew);
    }

    public ValueTask AddSumsAsync(UsageTable table, IReadOnlyList<RollupRow> rows)
    {
        var statement = _sums[table];
        foreach (var (bucket, tuple, sums) in rows)
        {
            statement.Bind(1, bucket).Bind(2, tuple);
            for (var i = 0; i < sums.Length; i++) statement.Bind(FirstSum + i, sums[i]);
            statement.Run();
        }

        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var statement in (RawStatement[])[_epoch, _tenants, _find, _put, _record, .. _sums.Values]) statement.Dispose();
    }
}
