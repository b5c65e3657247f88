namespace OrleansGateway.Storage.Events;

/// <summary>
/// Tables of <c>events.db</c>. A step that was released never changes; a new one is added at the end. Times are milliseconds since 1970 in UTC; the tenant is empty for the
/// gateway's own stream.
/// </summary>
internal static class EventSchema
{
    public static readonly IReadOnlyList<Migration> Sqlite =
    [
        new(1, "events and webhooks", """
            CREATE TABLE event_streams (
                tenant TEXT    NOT NULL PRIMARY KEY,
                head   INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE events (
                tenant   TEXT    NOT NULL,
                sequence INTEGER NOT NULL,
                id       TEXT    NOT NULL,
                type     TEXT    NOT NULL,
                at       INTEGER NOT NULL,
                data     TEXT    NOT NULL,
                PRIMARY KEY (tenant, sequence)
            ) STRICT;
            CREATE TABLE event_sources (
                source   BLOB    NOT NULL PRIMARY KEY,
                added_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX event_sources_added_at ON event_sources (added_at);
            CREATE TABLE event_cursors (
                feed  TEXT    NOT NULL PRIMARY KEY,
                value INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE webhooks (
                webhook TEXT NOT NULL PRIMARY KEY,
                url     TEXT NOT NULL,
                gone_at INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE webhook_lanes (
                webhook  TEXT    NOT NULL,
                tenant   TEXT    NOT NULL,
                position INTEGER NOT NULL,
                attempts INTEGER NOT NULL,
                due      INTEGER,
                problem  TEXT,
                PRIMARY KEY (webhook, tenant)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE dead_letters (
                number   INTEGER PRIMARY KEY AUTOINCREMENT,
                webhook  TEXT    NOT NULL,
                tenant   TEXT    NOT NULL,
                sequence INTEGER NOT NULL,
                id       TEXT    NOT NULL,
                type     TEXT    NOT NULL,
                at       INTEGER NOT NULL,
                data     TEXT    NOT NULL,
                attempts INTEGER NOT NULL,
                problem  TEXT    NOT NULL,
                dead_at  INTEGER NOT NULL,
                UNIQUE (webhook, tenant, sequence)
            ) STRICT;
            CREATE INDEX dead_letters_by_webhook ON dead_letters (webhook, number);
            CREATE INDEX dead_letters_dead_at ON dead_letters (dead_at);
            """),
    ];
}
