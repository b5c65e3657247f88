namespace OrleansGateway.Storage.Invalidation;

/// <summary>
/// The invalidations of a cluster, in the schema <c>gateway</c> in PostgreSQL: one sequence for all tenants, so that an edge finds what it has missed by one number. Times are milliseconds
/// since 1970 in UTC; the tenant is empty for what is everybody's.
/// </summary>
internal static class InvalidationSchema
{
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(5, "invalidations", """
            CREATE TABLE gateway.invalidation_sequence (
                one  boolean PRIMARY KEY DEFAULT true CHECK (one),
                life bigint NOT NULL,
                head bigint NOT NULL
            );
            INSERT INTO gateway.invalidation_sequence (life, head) VALUES (0, 0);
            CREATE TABLE gateway.invalidations (
                position  bigint PRIMARY KEY,
                tenant    text COLLATE "C" NOT NULL,
                mode      smallint NOT NULL,
                selectors text NOT NULL
            );
            CREATE TABLE gateway.invalidation_events (
                digest   bytea PRIMARY KEY,
                position bigint NOT NULL,
                at       bigint NOT NULL
            );
            CREATE INDEX invalidation_events_position ON gateway.invalidation_events (position);
            CREATE INDEX invalidation_events_at ON gateway.invalidation_events (at);
            """),
    ];

    /// <summary>What came later; others' steps are between.</summary>
    public static readonly IReadOnlyList<Migration> PostgresParked =
    [
        new(8, "refused messages", """
            CREATE TABLE gateway.parked_messages (
                number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                source     text COLLATE "C" NOT NULL,
                at         bigint NOT NULL,
                code       text NOT NULL,
                reason     text NOT NULL,
                headers    text NOT NULL,
                body       bytea NOT NULL,
                body_bytes bigint NOT NULL
            );
            """),
    ];
}
