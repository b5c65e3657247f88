namespace OrleansGateway.Storage.Events;

/// <summary>
/// Tables of <c>events.db</c>, and of events in a cluster's database. A step that was released never changes; a new one is added at the end. Times are milliseconds since 1970
/// in UTC; the tenant is empty for the gateway's own stream.
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

    /// <summary>
    /// Of a cluster. What is told begins with the step itself, so that no node need see to it before the first change. Of a stream it is known which transaction has touched it last.
    /// </summary>
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(9, "events and webhooks", """
            CREATE TABLE gateway.event_streams (
                tenant text COLLATE "C" PRIMARY KEY,
                head   bigint NOT NULL,
                grown  bigint NOT NULL
            );
            CREATE INDEX event_streams_grown ON gateway.event_streams (grown);
            CREATE TABLE gateway.events (
                tenant   text COLLATE "C" NOT NULL,
                sequence bigint NOT NULL,
                id       text COLLATE "C" NOT NULL,
                type     text COLLATE "C" NOT NULL,
                at       bigint NOT NULL,
                data     text NOT NULL,
                PRIMARY KEY (tenant, sequence)
            );
            CREATE TABLE gateway.event_sources (
                source   bytea PRIMARY KEY,
                added_at bigint NOT NULL
            );
            CREATE INDEX event_sources_added_at ON gateway.event_sources (added_at);
            CREATE TABLE gateway.event_cursors (
                feed  text COLLATE "C" PRIMARY KEY,
                value bigint NOT NULL
            );
            INSERT INTO gateway.event_cursors (feed, value) SELECT 'audit', sequence FROM gateway.audit_head;
            INSERT INTO gateway.event_cursors (feed, value) VALUES ('notices', (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
            CREATE TABLE gateway.event_duty (
                one   boolean PRIMARY KEY DEFAULT true CHECK (one),
                node  text COLLATE "C" NOT NULL,
                term  bigint NOT NULL,
                until bigint NOT NULL
            );
            INSERT INTO gateway.event_duty (node, term, until) VALUES ('', 0, 0);
            CREATE TABLE gateway.webhooks (
                webhook text COLLATE "C" PRIMARY KEY,
                url     text NOT NULL,
                gone_at bigint
            );
            CREATE TABLE gateway.webhook_lanes (
                webhook  text COLLATE "C" NOT NULL,
                tenant   text COLLATE "C" NOT NULL,
                position bigint NOT NULL,
                attempts bigint NOT NULL,
                due      bigint,
                problem  text,
                PRIMARY KEY (webhook, tenant)
            ) WITH (fillfactor = 70);
            CREATE TABLE gateway.dead_letters (
                number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                webhook  text COLLATE "C" NOT NULL,
                tenant   text COLLATE "C" NOT NULL,
                sequence bigint NOT NULL,
                id       text NOT NULL,
                type     text NOT NULL,
                at       bigint NOT NULL,
                data     text NOT NULL,
                attempts bigint NOT NULL,
                problem  text NOT NULL,
                dead_at  bigint NOT NULL,
                UNIQUE (webhook, tenant, sequence)
            );
            CREATE INDEX dead_letters_by_webhook ON gateway.dead_letters (webhook, number);
            CREATE INDEX dead_letters_dead_at ON gateway.dead_letters (dead_at);
            """),
    ];
}
