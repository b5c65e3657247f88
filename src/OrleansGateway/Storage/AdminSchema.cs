namespace OrleansGateway.Storage;

/// <summary>
/// What a cluster's admins make, in the schema <c>gateway</c> in PostgreSQL, as <see cref="Migrations"/> has it on one machine. Whoever changes anything has the row of
/// <c>audit_head</c> locked until its commit: so changes come one after another, and the audit log tells of all of them, in their order and without a gap.
/// </summary>
internal static class AdminSchema
{
    public static readonly IReadOnlyList<Migration> Postgres =
    [
        new(6, "keys, tenants, admins and their audit log", """
            CREATE TABLE gateway.audit (
                sequence      bigint PRIMARY KEY,
                at            bigint NOT NULL,
                actor         text NOT NULL,
                role          text NOT NULL,
                address       text,
                request_id    text,
                action        text NOT NULL,
                target        text NOT NULL,
                tenant        text,
                before        text,
                after         text,
                previous_hash text NOT NULL,
                hash          text NOT NULL,
                node          text NOT NULL
            );
            CREATE TABLE gateway.audit_head (
                one      boolean PRIMARY KEY DEFAULT true CHECK (one),
                sequence bigint NOT NULL,
                hash     text NOT NULL
            );
            INSERT INTO gateway.audit_head (sequence, hash) VALUES (0, repeat('0', 64));
            CREATE FUNCTION gateway.audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'The audit log is only added to.'; END $$;
            CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON gateway.audit FOR EACH ROW EXECUTE FUNCTION gateway.audit_is_kept();
            CREATE TABLE gateway.keys (
                sequence        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                id              text COLLATE "C" NOT NULL UNIQUE,
                hash            bytea NOT NULL UNIQUE,
                previous_hash   bytea UNIQUE,
                previous_until  bigint,
                display         text NOT NULL,
                name            text,
                tenant          text COLLATE "C" NOT NULL,
                team            text COLLATE "C",
                user_id         text COLLATE "C",
                models          text NOT NULL,
                routes          text NOT NULL,
                ip_ranges       text NOT NULL,
                metadata        text NOT NULL,
                created_at      bigint NOT NULL,
                expires_at      bigint,
                revoked_at      bigint,
                idempotency_key text UNIQUE,
                version         bigint NOT NULL
            );
            CREATE INDEX keys_by_tenant ON gateway.keys (tenant);
            CREATE TABLE gateway.owners (
                tenant     text COLLATE "C" NOT NULL,
                team       text COLLATE "C" NOT NULL,
                user_id    text COLLATE "C" NOT NULL,
                name       text NOT NULL,
                enabled    boolean NOT NULL,
                created_at bigint NOT NULL,
                created_by text NOT NULL,
                version    bigint NOT NULL,
                PRIMARY KEY (tenant, team, user_id)
            );
            CREATE TABLE gateway.admins (
                sequence        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                id              text COLLATE "C" NOT NULL UNIQUE,
                hash            bytea NOT NULL UNIQUE,
                display         text NOT NULL,
                name            text,
                role            text NOT NULL,
                tenant          text COLLATE "C",
                created_at      bigint NOT NULL,
                created_by      text NOT NULL,
                revoked_at      bigint,
                idempotency_key text UNIQUE,
                version         bigint NOT NULL
            );
            CREATE TABLE gateway.admin_token (
                one        boolean PRIMARY KEY DEFAULT true CHECK (one),
                hash       bytea NOT NULL,
                created_at bigint NOT NULL
            );
            CREATE TABLE gateway.configurations (
                sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                version  text NOT NULL,
                text     text NOT NULL,
                at       bigint NOT NULL,
                actor    text NOT NULL
            );
            """),
        // Nodes of the version before go on writing gateway.configurations, of which nothing is read any more.
        new(7, "one configuration for all nodes", """
            CREATE TABLE gateway.config_versions (
                sequence bigint PRIMARY KEY,
                version  text NOT NULL UNIQUE,
                text     text NOT NULL,
                masked   text NOT NULL,
                at       bigint NOT NULL,
                actor    text NOT NULL
            );
            """),
    ];
}
