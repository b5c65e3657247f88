using Dapper;
using Microsoft.Data.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>
/// Brings a database to the form this program needs, forward only. A step that was released never changes; a new one is added at the end.
/// </summary>
internal static class Migrations
{
    /// <summary>Of <c>gateway.db</c>. Times are milliseconds since 1970 in UTC; lists and labels are JSON.</summary>
    public static readonly IReadOnlyList<Migration> Gateway =
    [
        new(1, "keys", """
            CREATE TABLE keys (
                sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
                id              TEXT    NOT NULL UNIQUE,
                hash            BLOB    NOT NULL UNIQUE,
                previous_hash   BLOB    UNIQUE,
                previous_until  INTEGER,
                display         TEXT    NOT NULL,
                name            TEXT,
                tenant          TEXT    NOT NULL,
                team            TEXT,
                user            TEXT,
                models          TEXT    NOT NULL,
                routes          TEXT    NOT NULL,
                ip_ranges       TEXT    NOT NULL,
                metadata        TEXT    NOT NULL,
                created_at      INTEGER NOT NULL,
                expires_at      INTEGER,
                revoked_at      INTEGER,
                idempotency_key TEXT    UNIQUE,
                version         INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX keys_by_tenant ON keys (tenant);
            """),
        new(2, "admin token", """
            CREATE TABLE admin_token (
                only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
                hash       BLOB    NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT;
            """),
        // The triggers keep honest programs from changing the past; against others there are the hashes.
        new(3, "audit log", """
            CREATE TABLE audit (
                sequence      INTEGER PRIMARY KEY,
                at            INTEGER NOT NULL,
                actor         TEXT    NOT NULL,
                role          TEXT    NOT NULL,
                address       TEXT,
                request_id    TEXT,
                action        TEXT    NOT NULL,
                target        TEXT    NOT NULL,
                tenant        TEXT,
                before        TEXT,
                after         TEXT,
                previous_hash TEXT    NOT NULL,
                hash          TEXT    NOT NULL
            ) STRICT;
            CREATE TABLE audit_head (
                only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                sequence INTEGER NOT NULL,
                hash     TEXT    NOT NULL
            ) STRICT;
            CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'The audit log is only added to.'); END;
            CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'The audit log is only added to.'); END;
            """),
        new(4, "admins", """
            CREATE TABLE admins (
                sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
                id              TEXT    NOT NULL UNIQUE,
                hash            BLOB    NOT NULL UNIQUE,
                display         TEXT    NOT NULL,
                name            TEXT,
                role            TEXT    NOT NULL,
                tenant          TEXT,
                created_at      INTEGER NOT NULL,
                created_by      TEXT    NOT NULL,
                revoked_at      INTEGER,
                idempotency_key TEXT    UNIQUE,
                version         INTEGER NOT NULL
            ) STRICT;
            """),
        new(5, "configuration history", """
            CREATE TABLE configurations (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                version  TEXT    NOT NULL,
                text     TEXT    NOT NULL,
                at       INTEGER NOT NULL,
                actor    TEXT    NOT NULL
            ) STRICT;
            """),
        new(6, "tenants, teams and users", """
            CREATE TABLE owners (
                tenant     TEXT    NOT NULL,
                team       TEXT    NOT NULL,
                user       TEXT    NOT NULL,
                name       TEXT    NOT NULL,
                enabled    INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                created_by TEXT    NOT NULL,
                version    INTEGER NOT NULL,
                PRIMARY KEY (tenant, team, user)
            ) STRICT, WITHOUT ROWID;
            """),
    ];

    /// <summary>
    /// Applies what is missing, in one transaction, and returns how many steps that was. Refuses a database that a newer program wrote.
    /// </summary>
    public static int Apply(SqliteConnection connection, IReadOnlyList<Migration> steps, DateTimeOffset now)
    {
        // Takes the write lock at once, so that two programs started together do not both migrate.
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(
            "CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
            transaction: transaction);
        var applied = connection.ExecuteScalar<long>("SELECT coalesce(max(version), 0) FROM migrations", transaction: transaction);
        if (applied > steps[^1].Version)
        {
            throw new StorageException(
                $"The database {connection.DataSource} has version {applied}, and this program knows versions up to {steps[^1].Version}. " +
                "A newer gateway wrote it. Start that gateway, or go back to a copy of the state folder made before the upgrade.");
        }

        var missing = steps.Where(m => m.Version > applied).ToArray();
        foreach (var migration in missing)
        {
            connection.Execute(migration.Sql, transaction: transaction);
            connection.Execute("INSERT INTO migrations (version, name, applied_at) VALUES (@Version, @Name, @AppliedAt)",
                new { migration.Version, migration.Name, AppliedAt = now.ToUnixTimeMilliseconds() }, transaction);
        }

        transaction.Commit();
        return missing.Length;
    }
}

/// <summary>One step.</summary>
internal sealed record Migration(long Version, string Name, string Sql);
