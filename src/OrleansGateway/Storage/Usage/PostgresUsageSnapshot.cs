using Npgsql;
using NpgsqlTypes;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Usage;

/// <summary>One read transaction of usage in PostgreSQL.</summary>
internal sealed class PostgresUsageSnapshot(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellation) : IUsageSnapshot
{
    /// <summary>Seconds that one statement may take: an audit goes through all that there is.</summary>
    private const int SecondsMax = 300;

    private static readonly string s_single = string.Join(", ", SumColumns.Names.Select(n => $"r.{n}"));

    private static readonly string s_summed = string.Join(", ", SumColumns.Names.Select(n => $"sum(r.{n})::bigint"));

    public async ValueTask<UsageKept> KeptAsync()
    {
        await using var command = Command("SELECT days, hours, records, views FROM gateway.usage_state");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new UsageKept(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) { Views = reader.GetInt64(3) } : default;
    }

    public async ValueTask TuplesAsync(UsageFilter filter, Action<long, UsageTuple> row)
    {
        await using var command = Command($"SELECT id, {UsageSql.TupleNames} FROM gateway.usage_tuples WHERE {filter.Sql("@p", 1)}");
        Bind(command, filter);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var values = new string?[UsageTuple.Columns.Count];
            for (var i = 0; i < values.Length; i++) values[i] = reader.IsDBNull(i + 1) ? null : LedgerText.FromStore(reader.GetString(i + 1));
            row(reader.GetInt64(0), new UsageTuple(values));
        }
    }

    // One statement for all chunks: there may be thousands, and each would be a way there and back. PostgreSQL sums up what it can, for rows are dear on the way.
    public async ValueTask SumsAsync(IReadOnlyList<UsageChunk> chunks, UsageFilter filter, SumsHandler row)
    {
        if (chunks.Count == 0) return;
        await using var command = Command("");
        var where = filter.IsNarrow ? $"WHERE r.tuple IN (SELECT id FROM gateway.usage_tuples WHERE {filter.Sql("@p", 1)})" : "";
        var parts = chunks.Select((chunk, number) => (chunk, number)).GroupBy(c => c.chunk.Grain).Select(grain =>
        {
            var table = new UsageTable(filter.View, grain.Key).Name;
            command.Parameters.Add(Longs($"n_{table}", [.. grain.Select(c => (long)c.number)]));
            command.Parameters.Add(Longs($"f_{table}", [.. grain.Select(c => c.chunk.From)]));
            command.Parameters.Add(Longs($"t_{table}", [.. grain.Select(c => c.chunk.To)]));
            // Where a chunk is one rollup, as in a report by the hour, there is nothing to sum up; and its sums are of arbitrary length, and slow.
            var isSingle = grain.All(c => c.chunk.To - c.chunk.From <= grain.Key.Length());
            var (sums, group) = isSingle ? (s_single, "") : (s_summed, "GROUP BY c.number, r.tuple");
            return $"""
                SELECT c.number, r.tuple, {sums} FROM unnest(@n_{table}, @f_{table}, @t_{table}) AS c(number, since, until)
                JOIN gateway.{table} AS r ON r.bucket >= c.since AND r.bucket < c.until {where} {group}
                """;
        }).ToArray();
        command.CommandText = $"{string.Join(" UNION ALL ", parts)} ORDER BY 1";
        Bind(command, filter);
        await EachAsync(command, (number, tuple, found) => row((int)number, tuple, found));
    }

    public async ValueTask RollupsAsync(UsageTable table, long from, long to, RollupHandler row)
    {
        await using var command = Command($"""
            SELECT bucket, tuple, {UsageSql.SumNames} FROM gateway.{table.Name} WHERE bucket >= @since AND bucket < @until ORDER BY bucket, tuple
            """, new NpgsqlParameter<long>("since", from), new NpgsqlParameter<long>("until", to));
        await EachAsync(command, row);
    }

    public async ValueTask<IReadOnlyList<StoredUsage>> RecordsAsync(RecordRange range, int most)
    {
        var (order, than) = range.NewestFirst ? ("DESC", "<") : ("ASC", ">");
        await using var command = Command($"""
            SELECT id, at, tuple, tags, record FROM gateway.usage_records
            WHERE at >= @since AND at < @until{(range.After is null ? "" : $" AND (at, id) {than} (@at, @id)")}{(range.RequestId is null ? "" : " AND request_id = @request")}
                {(range.Filter is { } filter ? $" AND tuple IN (SELECT id FROM gateway.usage_tuples WHERE {filter.Sql("@p", 1)})" : "")}
            ORDER BY at {order}, id {order} LIMIT {most}
            """, new NpgsqlParameter<long>("since", range.From), new NpgsqlParameter<long>("until", range.To));
        if (range.After is { } after)
        {
            command.Parameters.Add(new NpgsqlParameter<long>("at", after.At));
            command.Parameters.Add(new NpgsqlParameter<Guid>("id", after.Id));
        }

        if (range.RequestId is { } request) command.Parameters.Add(new NpgsqlParameter<string>("request", LedgerText.ToStore(request)));
        if (range.Filter is not null) Bind(command, range.Filter);
        var rows = new List<StoredUsage>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new StoredUsage(reader.GetGuid(0), reader.GetInt64(1), reader.GetInt64(2), "", reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)));
        }

        return rows;
    }

    public async ValueTask<long?> NextAsync(long from)
    {
        var firsts = UsageTable.Rollups.Select(t => $"SELECT min(bucket) FROM gateway.{t.Name} WHERE bucket >= @since").Prepend("SELECT min(at) AS at FROM gateway.usage_records WHERE at >= @since");
        await using var command = Command($"SELECT min(at) FROM ({string.Join(" UNION ALL ", firsts)}) AS firsts", new NpgsqlParameter<long>("since", from));
        return await command.ExecuteScalarAsync(cancellation) as long?;
    }

    private async ValueTask EachAsync(NpgsqlCommand command, RollupHandler row)
    {
        var sums = new long[SumColumns.Count];
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            for (var i = 0; i < sums.Length; i++) sums[i] = reader.GetInt64(i + 2);
            row(reader.GetInt64(0), reader.GetInt64(1), sums);
        }
    }

    private static void Bind(NpgsqlCommand command, UsageFilter filter)
    {
        var number = 1;
        foreach (var value in filter.Values) command.Parameters.Add(new NpgsqlParameter<string>(string.Create(CultureInfo.InvariantCulture, $"p{number++}"), value));
    }

    private static NpgsqlParameter<long[]> Longs(string name, long[] values) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { TypedValue = values };

    private NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = SecondsMax };
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }
}
