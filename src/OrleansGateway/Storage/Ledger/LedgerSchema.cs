namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// Tables of the ledger, the same in both databases. A step that was released never changes; a new one is added at the end. Times are milliseconds since 1970 in UTC, in PostgreSQL
/// too: periods begin and end on the same instant in both, and the same statements read them. Sessions are 32 hexadecimal digits.
/// </summary>
internal static class LedgerSchema
{
    // The checks are the last line: whatever a bug of ours writes, no row says that more was spent or given back than was granted, or that a closed lease has money out.
    private const string LeaseChecks = "CHECK (posted >= 0 AND returned >= 0 AND granted - posted >= returned), CHECK (state <> 2 OR granted - posted = returned)";

    /// <summary>Of <c>ledger.db</c>.</summary>
    public static readonly IReadOnlyList<Migration> Sqlite =
    [
        new(1, "ledger", $"""
            CREATE TABLE ledger_owners (
                owner   TEXT    NOT NULL PRIMARY KEY,
                epoch   INTEGER NOT NULL,
                version INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE ledger_accounts (
                owner     TEXT    NOT NULL,
                rule      TEXT    NOT NULL,
                scope     TEXT    NOT NULL,
                period    INTEGER NOT NULL,
                total     INTEGER NOT NULL,
                available INTEGER NOT NULL,
                posted    INTEGER NOT NULL,
                base      INTEGER NOT NULL,
                noticed   INTEGER NOT NULL,
                starts    INTEGER,
                ends      INTEGER,
                is_past   INTEGER NOT NULL,
                UNIQUE (owner, rule, scope, period)
            ) STRICT;
            CREATE INDEX ledger_accounts_present ON ledger_accounts (owner) WHERE is_past = 0;
            CREATE INDEX ledger_accounts_ends ON ledger_accounts (ends);
            CREATE TABLE ledger_leases (
                owner    TEXT    NOT NULL,
                session  TEXT    NOT NULL,
                rule     TEXT    NOT NULL,
                scope    TEXT    NOT NULL,
                number   INTEGER NOT NULL,
                period   INTEGER NOT NULL,
                granted  INTEGER NOT NULL,
                posted   INTEGER NOT NULL,
                returned INTEGER NOT NULL,
                state    INTEGER NOT NULL,
                closed   INTEGER,
                UNIQUE (owner, session, rule, scope, number),
                {LeaseChecks}
            ) STRICT;
            CREATE INDEX ledger_leases_open ON ledger_leases (owner, rule, scope, period) WHERE state <> 2;
            CREATE INDEX ledger_leases_closed ON ledger_leases (closed) WHERE state = 2;
            CREATE TABLE ledger_suspense (
                owner   TEXT    NOT NULL,
                session TEXT    NOT NULL,
                name    TEXT    NOT NULL,
                rule    TEXT    NOT NULL,
                scope   TEXT    NOT NULL,
                lease   INTEGER NOT NULL,
                amount  INTEGER NOT NULL,
                at      INTEGER NOT NULL,
                settled INTEGER,
                UNIQUE (owner, session, name, rule, scope, lease)
            ) STRICT;
            CREATE INDEX ledger_suspense_at ON ledger_suspense (owner, at);
            CREATE TABLE ledger_credits (
                owner      TEXT    NOT NULL,
                rule       TEXT    NOT NULL,
                scope      TEXT    NOT NULL,
                id         TEXT    NOT NULL,
                amount     INTEGER NOT NULL,
                burned     INTEGER NOT NULL,
                priority   INTEGER NOT NULL,
                granted    INTEGER NOT NULL,
                expires    INTEGER,
                rolls_over INTEGER NOT NULL,
                UNIQUE (owner, rule, scope, id)
            ) STRICT;
            CREATE TABLE ledger_adjustments (
                owner  TEXT    NOT NULL,
                id     TEXT    NOT NULL,
                rule   TEXT    NOT NULL,
                scope  TEXT    NOT NULL,
                period INTEGER NOT NULL,
                kind   TEXT    NOT NULL,
                amount INTEGER NOT NULL,
                actor  TEXT    NOT NULL,
                reason TEXT,
                at     INTEGER NOT NULL,
                UNIQUE (owner, id)
            ) STRICT;
            CREATE INDEX ledger_adjustments_at ON ledger_adjustments (owner, at);
            CREATE TABLE ledger_notices (
                owner   TEXT    NOT NULL,
                rule    TEXT    NOT NULL,
                scope   TEXT    NOT NULL,
                period  INTEGER NOT NULL,
                percent INTEGER NOT NULL,
                posted  INTEGER NOT NULL,
                total   INTEGER NOT NULL,
                at      INTEGER NOT NULL,
                UNIQUE (owner, rule, scope, period, percent)
            ) STRICT;
            CREATE INDEX ledger_notices_at ON ledger_notices (owner, at);
            """),
    ];

    /// <summary>
    /// Of the schema <c>gateway</c> in PostgreSQL. Text is compared by its bytes (<c>COLLATE "C"</c>): the order of a language costs time and changes with the C library. The fill factor
    /// leaves room on the page for the next version of a row: these change all the time, and so without touching an index.
    /// </summary>
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(1, "ledger", $"""
            CREATE TABLE gateway.ledger_owners (
                owner   text COLLATE "C" PRIMARY KEY,
                epoch   bigint NOT NULL,
                version bigint NOT NULL
            ) WITH (fillfactor = 50);
            CREATE TABLE gateway.ledger_accounts (
                owner     text COLLATE "C" NOT NULL,
                rule      text COLLATE "C" NOT NULL,
                scope     text COLLATE "C" NOT NULL,
                period    bigint NOT NULL,
                total     bigint NOT NULL,
                available bigint NOT NULL,
                posted    bigint NOT NULL,
                base      bigint NOT NULL,
                noticed   bigint NOT NULL,
                starts    bigint,
                ends      bigint,
                is_past   bigint NOT NULL,
                PRIMARY KEY (owner, rule, scope, period)
            ) WITH (fillfactor = 70);
            CREATE INDEX ledger_accounts_present ON gateway.ledger_accounts (owner) WHERE is_past = 0;
            CREATE INDEX ledger_accounts_ends ON gateway.ledger_accounts (ends);
            CREATE TABLE gateway.ledger_leases (
                owner    text COLLATE "C" NOT NULL,
                session  text COLLATE "C" NOT NULL,
                rule     text COLLATE "C" NOT NULL,
                scope    text COLLATE "C" NOT NULL,
                number   bigint NOT NULL,
                period   bigint NOT NULL,
                granted  bigint NOT NULL,
                posted   bigint NOT NULL,
                returned bigint NOT NULL,
                state    bigint NOT NULL,
                closed   bigint,
                PRIMARY KEY (owner, session, rule, scope, number),
                {LeaseChecks}
            ) WITH (fillfactor = 70);
            CREATE INDEX ledger_leases_open ON gateway.ledger_leases (owner, rule, scope, period) WHERE state <> 2;
            CREATE INDEX ledger_leases_closed ON gateway.ledger_leases (closed) WHERE state = 2;
            CREATE TABLE gateway.ledger_suspense (
                owner   text COLLATE "C" NOT NULL,
                session text COLLATE "C" NOT NULL,
                name    text COLLATE "C" NOT NULL,
                rule    text COLLATE "C" NOT NULL,
                scope   text COLLATE "C" NOT NULL,
                lease   bigint NOT NULL,
                amount  bigint NOT NULL,
                at      bigint NOT NULL,
                settled bigint,
                PRIMARY KEY (owner, session, name, rule, scope, lease)
            );
            CREATE INDEX ledger_suspense_at ON gateway.ledger_suspense (owner, at);
            CREATE TABLE gateway.ledger_credits (
                owner      text COLLATE "C" NOT NULL,
                rule       text COLLATE "C" NOT NULL,
                scope      text COLLATE "C" NOT NULL,
                id         text COLLATE "C" NOT NULL,
                amount     bigint NOT NULL,
                burned     bigint NOT NULL,
                priority   bigint NOT NULL,
                granted    bigint NOT NULL,
                expires    bigint,
                rolls_over bigint NOT NULL,
                PRIMARY KEY (owner, rule, scope, id)
            );
            CREATE TABLE gateway.ledger_adjustments (
                owner  text COLLATE "C" NOT NULL,
                id     text COLLATE "C" NOT NULL,
                rule   text COLLATE "C" NOT NULL,
                scope  text COLLATE "C" NOT NULL,
                period bigint NOT NULL,
                kind   text COLLATE "C" NOT NULL,
                amount bigint NOT NULL,
                actor  text COLLATE "C" NOT NULL,
                reason text COLLATE "C",
                at     bigint NOT NULL,
                PRIMARY KEY (owner, id)
            );
            CREATE INDEX ledger_adjustments_at ON gateway.ledger_adjustments (owner, at);
            CREATE TABLE gateway.ledger_notices (
                owner   text COLLATE "C" NOT NULL,
                rule    text COLLATE "C" NOT NULL,
                scope   text COLLATE "C" NOT NULL,
                period  bigint NOT NULL,
                percent bigint NOT NULL,
                posted  bigint NOT NULL,
                total   bigint NOT NULL,
                at      bigint NOT NULL,
                PRIMARY KEY (owner, rule, scope, period, percent)
            );
            CREATE INDEX ledger_notices_at ON gateway.ledger_notices (owner, at);
            CREATE FUNCTION gateway.ledger_require(ok boolean, state text, what text) RETURNS void LANGUAGE plpgsql AS
            $$ BEGIN IF ok IS NOT TRUE THEN RAISE EXCEPTION '%', what USING ERRCODE = state; END IF; END $$;
            """),
    ];
}
