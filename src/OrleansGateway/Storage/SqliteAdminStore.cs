using Dapper;
using OrleansGateway.Admin;
using OrleansGateway.Audit;

namespace OrleansGateway.Storage;

/// <summary>Admins in SQLite.</summary>
internal sealed class SqliteAdminStore(SqliteDatabase database) : IAdminStore
{
    private const string Columns =
        "id AS Id, hash AS Hash, display AS Display, name AS Name, role AS Role, tenant AS Tenant, created_at AS CreatedAt, " +
        "created_by AS CreatedBy, revoked_at AS RevokedAt, idempotency_key AS IdempotencyKey, version AS Version";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AdminAccount>> ReadAllAsync(CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var rows = await connection.QueryAsync<AdminRow>(
            new CommandDefinition($"SELECT {Columns} FROM admins ORDER BY sequence", cancellationToken: cancellation));
        return [.. rows.Select(r => r.Account())];
    }

    /// <inheritdoc/>
    public async Task<string?> AddAsync(AdminAccount account, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var added = connection.Execute("""
            INSERT INTO admins (id, hash, display, name, role, tenant, created_at, created_by, revoked_at, idempotency_key, version)
            VALUES (@Id, @Hash, @Display, @Name, @Role, @Tenant, @CreatedAt, @CreatedBy, @RevokedAt, @IdempotencyKey, @Version)
            ON CONFLICT (idempotency_key) DO NOTHING
            """, AdminRow.Of(account), transaction);
        if (added == 0)
            return connection.QuerySingle<string>("SELECT id FROM admins WHERE idempotency_key = @IdempotencyKey", new { account.IdempotencyKey }, transaction);
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return null;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(AdminAccount expected, AdminAccount replacement, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var replaced = connection.Execute("""
            UPDATE admins SET hash = @Hash, display = @Display, revoked_at = @RevokedAt, version = version + 1
            WHERE id = @Id AND version = @Version
            """, AdminRow.Of(replacement with { Id = expected.Id, Version = expected.Version }), transaction);
        if (replaced == 0) return false;
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
