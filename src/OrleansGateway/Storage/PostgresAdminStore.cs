using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>Admins of a cluster, and the hash of its first admin token, in PostgreSQL.</summary>
internal sealed class PostgresAdminStore(PostgresDatabase database) : IAdminStore, IAdminTokenStore
{
    private const string Columns =
        "id, hash, display, name, role, tenant, created_at AS CreatedAt, created_by AS CreatedBy, revoked_at AS RevokedAt, idempotency_key AS IdempotencyKey, version";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AdminAccount>> ReadAllAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. (await connection.ReadAllAsync<AdminRow>(null, $"SELECT {Columns} FROM gateway.admins ORDER BY sequence")).Select(static r => r.Account())];
    }

    /// <inheritdoc/>
    public async Task<string?> AddAsync(AdminAccount account, AuditEntry audit, CancellationToken cancellation)
    {
        var row = AdminRow.Of(account);
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var added = await change.RunAsync("""
            INSERT INTO gateway.admins (id, hash, display, name, role, tenant, created_at, created_by, revoked_at, idempotency_key, version)
            VALUES (@id, @hash, @display, @name, @role, @tenant, @created_at, @created_by, @revoked_at, @idempotency_key, @version)
            ON CONFLICT (idempotency_key) DO NOTHING
            """,
            ("id", row.Id), ("hash", row.Hash), ("display", row.Display), ("name", row.Name), ("role", row.Role), ("tenant", row.Tenant), ("created_at", row.CreatedAt),
            ("created_by", row.CreatedBy), ("revoked_at", row.RevokedAt), ("idempotency_key", row.IdempotencyKey), ("version", row.Version));
        if (added == 0) return (await change.ReadAsync<AdminRow>($"SELECT {Columns} FROM gateway.admins WHERE idempotency_key = @key", ("key", account.IdempotencyKey)))[0].Id;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return null;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(AdminAccount expected, AdminAccount replacement, AuditEntry audit, CancellationToken cancellation)
    {
        var row = AdminRow.Of(replacement);
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var replaced = await change.RunAsync(
            "UPDATE gateway.admins SET hash = @hash, display = @display, revoked_at = @revoked_at, version = version + 1 WHERE id = @id AND version = @version",
            ("hash", row.Hash), ("display", row.Display), ("revoked_at", row.RevokedAt), ("id", expected.Id), ("version", expected.Version));
        if (replaced == 0) return false;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    /// <inheritdoc/>
    public async Task<KeyHash?> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ReadOneAsync(null, "SELECT hash FROM gateway.admin_token") is byte[] hash ? new KeyHash(hash) : null;
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var added = await change.RunAsync(
            "INSERT INTO gateway.admin_token (hash, created_at) VALUES (@hash, @at) ON CONFLICT (one) DO NOTHING", ("hash", hash.ToArray()), ("at", audit.At.ToUnixTimeMilliseconds()));
        if (added == 0) return false;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    /// <inheritdoc/>
    public async Task WriteAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        await change.RunAsync("""
            INSERT INTO gateway.admin_token (hash, created_at) VALUES (@hash, @at)
            ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at
            """, ("hash", hash.ToArray()), ("at", audit.At.ToUnixTimeMilliseconds()));
        await change.NoteAsync(audit);
        await change.CommitAsync();
    }
}
