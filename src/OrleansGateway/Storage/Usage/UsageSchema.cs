namespace OrleansGateway.Storage.Usage;

/// <summary>
/// Tables of usage, the same in both databases. A step that was released never changes; a new one is added at the end. Times are microseconds since 1970 in UTC, of rollups their
/// begin. Sums stand in a column each, so that others' programs can read them.
/// </summary>
internal static class UsageSchema
{
    // As released. What is summed later is added by a later step, not here.
    private const string Sums = """
        records, requests, attempts, failed, input, cache_read, cache_write, cache_write_1h, output, reasoning, audio_input, audio_output, image_input, image_output,
        audio_cache_read, image_cache_read, web_searches, cost_input, cost_cache_read, cost_cache_write, cost_output, cost_reasoning, cost_audio, cost_image, cost_tools, cost_request, billed,
        duration, to_first_byte, first_bytes
        """;

    private const string Values = "tenant, team, user_name, key_id, route, operation, dialect, model, provider, target_model, outcome, error, cache, source, kind";

    private static readonly string[] s_grains = ["minutes", "hours", "days"];

    private static readonly string[] s_views = [.. ((string[])["models", "teams", "keys"]).SelectMany(view => (string[])[$"hours_{view}", $"days_{view}"])];

    // Narrow views know what comes from now on, so they are asked from the day after the last that is there; a new database has them from the beginning, which is long before any record.
    private const string ViewsSince = "coalesce((SELECT max(bucket) + 86400000000 FROM {0}usage_days), -1000000000000000000)";

    /// <summary>Of <c>usage.db</c>.</summary>
    public static readonly IReadOnlyList<Migration> Sqlite =
    [
        // The ids come in order of time, or nearly so: an index of them grows at its end, and the pages that are written fit the cache.
        new(1, "usage", $"""
            CREATE TABLE usage_tuples (
                id       INTEGER PRIMARY KEY,
                digest   BLOB    NOT NULL UNIQUE,
                last_day INTEGER NOT NULL,
                {Columns(Values, "TEXT NOT NULL")},
                tag      TEXT
            ) STRICT;
            CREATE TABLE usage_records (
                sequence   INTEGER PRIMARY KEY,
                id         BLOB    NOT NULL UNIQUE,
                at         INTEGER NOT NULL,
                tuple      INTEGER NOT NULL,
                request_id TEXT    NOT NULL,
                tags       BLOB    NOT NULL,
                record     BLOB    NOT NULL
            ) STRICT;
            CREATE INDEX usage_records_at ON usage_records (at, id, tuple);
            CREATE INDEX usage_records_request ON usage_records (request_id);
            {string.Concat(s_grains.Select(grain => $"""
            CREATE TABLE usage_{grain} (
                bucket INTEGER NOT NULL,
                tuple  INTEGER NOT NULL,
                {Columns(Sums, "INTEGER NOT NULL")},
                PRIMARY KEY (bucket, tuple)
            ) STRICT, WITHOUT ROWID;
            """))}
            CREATE TABLE usage_state (
                only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                epoch    INTEGER NOT NULL,
                days     INTEGER NOT NULL,
                hours    INTEGER NOT NULL,
                records  INTEGER NOT NULL
            ) STRICT;
            INSERT INTO usage_state (only_row, epoch, days, hours, records) VALUES (1, 1, 0, 0, 0);
            """),
        new(2, "narrow views of usage", $"""
            ALTER TABLE usage_tuples ADD COLUMN view_name TEXT;
            {string.Concat(s_views.Select(table => $"""
            CREATE TABLE usage_{table} (
                bucket INTEGER NOT NULL,
                tuple  INTEGER NOT NULL,
                {Columns(Sums, "INTEGER NOT NULL")},
                PRIMARY KEY (bucket, tuple)
            ) STRICT, WITHOUT ROWID;
            """))}
            ALTER TABLE usage_state RENAME COLUMN epoch TO generation;
            ALTER TABLE usage_state ADD COLUMN views INTEGER NOT NULL DEFAULT 0;
            UPDATE usage_state SET views = {ViewsSince.Replace("{0}", "", StringComparison.Ordinal)};
            """),
    ];

    /// <summary>In PostgreSQL; the ledger has the steps before it.</summary>
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        // Rollups of the present are updated all the time: with room on their page no index is touched.
        new(2, "usage", $"""
            CREATE TABLE gateway.usage_tuples (
                id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                digest   bytea  NOT NULL UNIQUE,
                last_day bigint NOT NULL,
                {Columns(Values, "text COLLATE \"C\" NOT NULL")},
                tag      text COLLATE "C"
            );
            CREATE TABLE gateway.usage_records (
                id         uuid   NOT NULL PRIMARY KEY,
                at         bigint NOT NULL,
                tuple      bigint NOT NULL,
                request_id text COLLATE "C" NOT NULL,
                tags       bytea  NOT NULL,
                record     bytea  NOT NULL
            );
            CREATE INDEX usage_records_at ON gateway.usage_records (at, id);
            CREATE INDEX usage_records_request ON gateway.usage_records (request_id);
            {string.Concat(s_grains.Select(grain => $"""
            CREATE TABLE gateway.usage_{grain} (
                bucket bigint NOT NULL,
                tuple  bigint NOT NULL,
                {Columns(Sums, "bigint NOT NULL")},
                PRIMARY KEY (bucket, tuple)
            ) WITH (fillfactor = 70);
            """))}
            CREATE TABLE gateway.usage_state (
                only_row bigint PRIMARY KEY CHECK (only_row = 1),
                epoch    bigint NOT NULL,
                days     bigint NOT NULL,
                hours    bigint NOT NULL,
                records  bigint NOT NULL
            );
            INSERT INTO gateway.usage_state (only_row, epoch, days, hours, records) VALUES (1, 1, 0, 0, 0);
            """),
        // With the column's new name the statements of gateways from before fail, and their records wait in their logs until they are replaced: they would leave the views out.
        new(3, "narrow views of usage", $"""
            ALTER TABLE gateway.usage_tuples ADD COLUMN view_name text COLLATE "C";
            {string.Concat(s_views.Select(table => $"""
            CREATE TABLE gateway.usage_{table} (
                bucket bigint NOT NULL,
                tuple  bigint NOT NULL,
                {Columns(Sums, "bigint NOT NULL")},
                PRIMARY KEY (bucket, tuple)
            ) WITH (fillfactor = 70);
            """))}
            ALTER TABLE gateway.usage_state RENAME COLUMN epoch TO generation;
            ALTER TABLE gateway.usage_state ADD COLUMN views bigint NOT NULL DEFAULT 0;
            UPDATE gateway.usage_state SET views = {ViewsSince.Replace("{0}", "gateway.", StringComparison.Ordinal)};
            """),
    ];

    private static string Columns(string names, string type) =>
        string.Join(", ", names.Split(',', StringSplitOptions.TrimEntries).Select(name => $"{name} {type}"));
}
