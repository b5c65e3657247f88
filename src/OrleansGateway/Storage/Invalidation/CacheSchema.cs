namespace OrleansGateway.Storage.Invalidation;

/// <summary>
/// Tables of <c>cache.db</c>. A step that was released never changes; a new one is added at the end. Times are milliseconds since 1970 in UTC; the tenant is empty for what is
/// everybody's.
/// </summary>
internal static class CacheSchema
{
    public static readonly IReadOnlyList<Migration> Sqlite =
    [
        new(1, "invalidations", """
            CREATE TABLE invalidation_heads (
                tenant TEXT    NOT NULL PRIMARY KEY,
                head   INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE invalidations (
                tenant    TEXT    NOT NULL,
                sequence  INTEGER NOT NULL,
                mode      INTEGER NOT NULL,
                selectors TEXT    NOT NULL,
                PRIMARY KEY (tenant, sequence)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE invalidation_events (
                number   INTEGER PRIMARY KEY AUTOINCREMENT,
                digest   BLOB    NOT NULL UNIQUE,
                sequence INTEGER NOT NULL,
                at       INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE parked_messages (
                number     INTEGER PRIMARY KEY AUTOINCREMENT,
                source     TEXT    NOT NULL,
                at         INTEGER NOT NULL,
                code       TEXT    NOT NULL,
                reason     TEXT    NOT NULL,
                headers    TEXT    NOT NULL,
                body       BLOB    NOT NULL,
                body_bytes INTEGER NOT NULL
            ) STRICT;
            """),
    ];
}
