using Npgsql;
using NpgsqlTypes;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// What is written to usage in PostgreSQL, many rows with one statement. All who write lock in one order: the state, tuples by digest, records by id, rollups by time and tuple; so they
/// wait for each other, but never in a circle.
/// </summary>
internal sealed class PostgresUsageTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IUsageTransaction
{
    /// <summary>Seconds that a statement may take, waiting for others included.</summary>
    public const int SecondsMax = 30;

    private static readonly string s_tuplesUnnested = UsageSql.Numbered("@v", 0, UsageTuple.Columns.Count);

    // A server set up not to wait for its disk waits all the same here: the edge forgets what it was told is applied.
    public async ValueTask<long> EpochAsync()
    {
        await using var command = Command("""
            SELECT generation, CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', true) END
            FROM gateway.usage_state FOR SHARE
            """);
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    public async ValueTask<IReadOnlyDictionary<string, int>> TenantsAsync()
    {
        var tenants = new Dictionary<string, int>();
        await using var command = Command("SELECT tenant, count(*) FROM gateway.usage_tuples WHERE view_name IS NULL GROUP BY tenant");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None)) tenants[LedgerText.FromStore(reader.GetString(0))] = (int)reader.GetInt64(1);
        return tenants;
    }

    public async ValueTask<IReadOnlyList<StoredTuple>> FindTuplesAsync(IReadOnlyList<UsageTuple> tuples)
    {
        var byDigest = tuples.ToDictionary(t => Convert.ToHexString(t.Digest()));
        await using var command = Command("SELECT digest, id, last_day FROM gateway.usage_tuples WHERE digest = ANY(@digests)", Bytes("digests", [.. byDigest.Keys.Select(Convert.FromHexString)]));
        return await TuplesAsync(command, byDigest);
    }

    public async ValueTask<IReadOnlyList<StoredTuple>> PutTuplesAsync(IReadOnlyList<(UsageTuple Tuple, long LastDay)> tuples)
    {
        var sorted = tuples.Select(t => (Digest: Convert.ToHexString(t.Tuple.Digest()), t.Tuple, t.LastDay)).OrderBy(t => t.Digest, StringComparer.Ordinal).ToArray();
        await using var command = Command($"""
            INSERT INTO gateway.usage_tuples AS r (digest, last_day, {UsageSql.TupleNames}) SELECT * FROM unnest(@digests, @days, {s_tuplesUnnested})
            ON CONFLICT (digest) DO UPDATE SET last_day = greatest(r.last_day, excluded.last_day) RETURNING digest, id, last_day
            """, Bytes("digests", [.. sorted.Select(t => Convert.FromHexString(t.Digest))]), Longs("days", [.. sorted.Select(t => t.LastDay)]));
        for (var i = 0; i < UsageTuple.Columns.Count; i++)
        {
            var dimension = (UsageDimension)i;
            command.Parameters.Add(Texts(string.Create(CultureInfo.InvariantCulture, $"v{i}"), [.. sorted.Select(t => t.Tuple[dimension] is { } value ? LedgerText.ToStore(value) : null)]));
        }

        return await TuplesAsync(command, sorted.ToDictionary(t => t.Digest, t => t.Tuple));
    }

    public async ValueTask<bool[]> AddRecordsAsync(IReadOnlyList<StoredUsage> rows)
    {
        await using var command = Command("""
            INSERT INTO gateway.usage_records (id, at, tuple, request_id, tags, record) SELECT * FROM unnest(@ids, @ats, @tuples, @requests, @tags, @records)
            ON CONFLICT (id) DO NOTHING RETURNING id
            """,
            new NpgsqlParameter<Guid[]>("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { TypedValue = [.. rows.Select(r => r.Id)] },
            Longs("ats", [.. rows.Select(r => r.At)]), Longs("tuples", [.. rows.Select(r => r.Tuple)]), Texts("requests", [.. rows.Select(r => LedgerText.ToStore(r.RequestId))]),
            Bytes("tags", [.. rows.Select(r => r.Tags)]), Bytes("records", [.. rows.Select(r => r.Record)]));
        var added = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None)) added.Add(reader.GetGuid(0));
        return [.. rows.Select(r => added.Contains(r.Id))];
    }

    public async ValueTask AddSumsAsync(UsageTable table, IReadOnlyList<RollupRow> rows)
    {
        await using var command = Command($"""
            INSERT INTO gateway.{table.Name} AS r (bucket, tuple, {UsageSql.SumNames}) SELECT * FROM unnest(@buckets, @tuples, {UsageSql.Numbered("@s", 0, SumColumns.Count)})
            ON CONFLICT (bucket, tuple) DO UPDATE SET {UsageSql.AddSums}
            """, Longs("buckets", [.. rows.Select(r => r.Bucket)]), Longs("tuples", [.. rows.Select(r => r.Tuple)]));
        for (var i = 0; i < SumColumns.Count; i++)
        {
            var column = i;
            command.Parameters.Add(Longs(string.Create(CultureInfo.InvariantCulture, $"s{i}"), [.. rows.Select(r => r.Sums[column])]));
        }

        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static async ValueTask<IReadOnlyList<StoredTuple>> TuplesAsync(NpgsqlCommand command, Dictionary<string, UsageTuple> byDigest)
    {
        var tuples = new List<StoredTuple>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            tuples.Add(new StoredTuple(byDigest[Convert.ToHexString(reader.GetFieldValue<byte[]>(0))], reader.GetInt64(1), reader.GetInt64(2)));
        }

        return tuples;
    }

    private NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = SecondsMax };
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<long[]> Longs(string name, long[] values) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { TypedValue = values };

    private static NpgsqlParameter<string?[]> Texts(string name, string?[] values) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Text) { TypedValue = values };

    private static NpgsqlParameter<byte[][]> Bytes(string name, byte[][] values) => new(name, NpgsqlDbType.Array | NpgsqlDbType.Bytea) { TypedValue = values };
}
