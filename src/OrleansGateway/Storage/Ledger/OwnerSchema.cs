namespace OrleansGateway.Storage.Ledger;

/// <summary>What a cluster's silos tell each other of owners, in the schema <c>gateway</c> in PostgreSQL.</summary>
internal static class OwnerSchema
{
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(4, "lives of owners", """
            CREATE TABLE gateway.owner_lives (
                owner  text COLLATE "C" PRIMARY KEY,
                epoch  bigint NOT NULL,
                silo   text COLLATE "C" NOT NULL,
                ended  bigint,
                in_use boolean NOT NULL,
                levels text NOT NULL
            ) WITH (fillfactor = 50);
            CREATE TABLE gateway.owner_takeovers (
                silo  text COLLATE "C" NOT NULL,
                owner text COLLATE "C" NOT NULL,
                epoch bigint NOT NULL,
                at    bigint NOT NULL,
                PRIMARY KEY (silo, owner, epoch)
            );
            CREATE INDEX owner_takeovers_at ON gateway.owner_takeovers (at);
            """),
    ];
}
