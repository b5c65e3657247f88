namespace OrleansGateway.Storage;

/// <summary>What nodes of a cluster tell of themselves, in the schema <c>gateway</c> in PostgreSQL. Times are milliseconds since 1970 in UTC, by the database's clock.</summary>
internal static class NodeSchema
{
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(10, "nodes", """
            CREATE TABLE gateway.nodes (
                id     text COLLATE "C" PRIMARY KEY,
                heard  bigint NOT NULL,
                leave  boolean NOT NULL DEFAULT false,
                report text NOT NULL
            ) WITH (fillfactor = 50);
            """),
    ];
}
