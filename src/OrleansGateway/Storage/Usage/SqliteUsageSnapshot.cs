using Microsoft.Data.Sqlite;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>One read transaction of <c>usage.db</c>.</summary>
internal sealed class SqliteUsageSnapshot(SqliteConnection connection, CancellationToken cancellation) : IUsageSnapshot
{
    private const int LooksEvery = 4096;

    public ValueTask<UsageKept> KeptAsync()
    {
        using var statement = Prepare("SELECT days, hours, records, views FROM usage_state");
        return ValueTask.FromResult(statement.Step() ? new UsageKept(statement.Long(0), statement.Long(1), statement.Long(2)) { Views = statement.Long(3) } : default);
    }

    public ValueTask TuplesAsync(UsageFilter filter, Action<long, UsageTuple> row)
    {
        using var statement = Prepare($"SELECT id, {UsageSql.TupleNames} FROM usage_tuples WHERE {filter.Sql("?", 1)}");
        Bind(statement, filter, 1);
        while (statement.Step())
        {
            var values = new string?[UsageTuple.Columns.Count];
            for (var i = 0; i < values.Length; i++) values[i] = statement.IsNull(i + 1) ? null : LedgerText.FromStore(statement.Text(i + 1));
            row(statement.Long(0), new UsageTuple(values));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask SumsAsync(IReadOnlyList<UsageChunk> chunks, UsageFilter filter, SumsHandler row)
    {
        if (filter.IsNarrow) Ask(filter);
        var statements = chunks.Select(c => c.Grain).Distinct()
            .ToDictionary(grain => grain, grain => Rollups(new UsageTable(filter.View, grain), filter.IsNarrow ? "AND tuple IN (SELECT id FROM temp.usage_asked)" : ""));
        try
        {
            for (var i = 0; i < chunks.Count; i++)
            {
                var chunk = i;
                Each(statements[chunks[i].Grain].Bind(1, chunks[i].From).Bind(2, chunks[i].To), (_, tuple, sums) => row(chunk, tuple, sums));
            }
        }
        finally
        {
            foreach (var statement in statements.Values) statement.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RollupsAsync(UsageTable table, long from, long to, RollupHandler row)
    {
        using var statement = Rollups(table, "");
        Each(statement.Bind(1, from).Bind(2, to), row);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<StoredUsage>> RecordsAsync(RecordRange range, int most)
    {
        var (order, than) = range.NewestFirst ? ("DESC", "<") : ("ASC", ">");
        using var statement = Prepare($"""
            SELECT id, at, tuple, tags, record FROM usage_records INDEXED BY {(range.RequestId is null ? "usage_records_at" : "usage_records_request")}
            WHERE at >= ?1 AND at < ?2{(range.After is null ? "" : $" AND (at, id) {than} (?4, ?5)")}{(range.RequestId is null ? "" : " AND request_id = ?6")}
                {(range.Filter is { } filter ? $" AND tuple IN (SELECT id FROM usage_tuples WHERE {filter.Sql("?", 7)})" : "")}
            ORDER BY at {order}, id {order} LIMIT ?3
            """);
        statement.Bind(1, range.After is { } begin && !range.NewestFirst ? Math.Max(begin.At, range.From) : range.From);
        statement.Bind(2, range.After is { } end && range.NewestFirst ? Math.Min(end.At + 1, range.To) : range.To).Bind(3, most);
        if (range.After is { } after) statement.Bind(4, after.At).Bind(5, after.Id);
        if (range.RequestId is { } request) statement.Bind(6, LedgerText.ToStore(request));
        if (range.Filter is not null) Bind(statement, range.Filter, 7);
        var rows = new List<StoredUsage>();
        while (statement.Step()) rows.Add(new StoredUsage(statement.Id(0), statement.Long(1), statement.Long(2), "", statement.Bytes(3).ToArray(), statement.Bytes(4).ToArray()));
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<StoredUsage>>(rows);
    }

    public ValueTask<long?> NextAsync(long from)
    {
        var firsts = UsageTable.Rollups.Select(t => $"SELECT min(bucket) FROM {t.Name} WHERE bucket >= ?1").Prepend("SELECT min(at) AS at FROM usage_records WHERE at >= ?1");
        using var statement = Prepare($"SELECT min(at) FROM ({string.Join(" UNION ALL ", firsts)})");
        statement.Bind(1, from).Step();
        return ValueTask.FromResult<long?>(statement.IsNull(0) ? null : statement.Long(0));
    }

    /// <summary>Number of the record that was applied last; 0 if there is none.</summary>
    public long LastSequence()
    {
        using var statement = Prepare("SELECT coalesce(max(sequence), 0) FROM usage_records");
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>Records in the order in which they were applied.</summary>
    public IReadOnlyList<(long Number, UsageRecord Record)> Behind(long number, int most)
    {
        using var statement = Prepare("SELECT sequence, id, at, tuple, record FROM usage_records WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
        statement.Bind(1, number).Bind(2, most);
        var rows = new List<(long Number, UsageRecord Record)>();
        while (statement.Step())
            rows.Add((statement.Long(0), RecordScan.Decode(new StoredUsage(statement.Id(1), statement.Long(2), statement.Long(3), "", [], statement.Bytes(4).ToArray()))));
        cancellation.ThrowIfCancellationRequested();
        return rows;
    }

    // A table, and not a subquery: that would be run for each chunk.
    private void Ask(UsageFilter filter)
    {
        foreach (var sql in (string[])["PRAGMA temp_store = MEMORY", "DROP TABLE IF EXISTS temp.usage_asked", "CREATE TEMP TABLE usage_asked (id INTEGER PRIMARY KEY)"])
        {
            using var statement = Prepare(sql);
            statement.Run();
        }

        using var fill = Prepare($"INSERT INTO temp.usage_asked SELECT id FROM usage_tuples WHERE {filter.Sql("?", 1)}");
        Bind(fill, filter, 1);
        fill.Run();
    }

    private RawStatement Rollups(UsageTable table, string and) =>
        Prepare($"SELECT bucket, tuple, {UsageSql.SumNames} FROM {table.Name} WHERE bucket >= ?1 AND bucket < ?2 {and} ORDER BY bucket, tuple");

    private void Each(RawStatement statement, RollupHandler row)
    {
        Span<long> sums = stackalloc long[SumColumns.Count];
        for (var rows = 1; statement.Step(); rows++)
        {
            for (var i = 0; i < sums.Length; i++) sums[i] = statement.Long(i + 2);
            row(statement.Long(0), statement.Long(1), sums);
            if (rows % LooksEvery == 0) cancellation.ThrowIfCancellationRequested();
        }
    }

    private static void Bind(RawStatement statement, UsageFilter filter, int first)
    {
        foreach (var value in filter.Values) statement.Bind(first++, value);
    }

    private RawStatement Prepare(string sql) => new(connection, sql);
}
