using Dapper;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Storage;

/// <summary>The admin token's hash in SQLite.</summary>
internal sealed class SqliteAdminTokenStore(SqliteDatabase database) : IAdminTokenStore
{
    /// <inheritdoc/>
    public async Task<KeyHash?> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var hash = await connection.QuerySingleOrDefaultAsync<byte[]>(
            new CommandDefinition("SELECT hash FROM admin_token", cancellationToken: cancellation));
        return hash is null ? null : new KeyHash(hash);
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var added = connection.Execute(
            "INSERT INTO admin_token (only_row, hash, created_at) VALUES (1, @Hash, @CreatedAt) ON CONFLICT (only_row) DO NOTHING",
            new { Hash = hash.ToArray(), CreatedAt = audit.At.ToUnixTimeMilliseconds() }, transaction);
        if (added == 0) return false;
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <inheritdoc/>
    public async Task WriteAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO admin_token (only_row, hash, created_at) VALUES (1, @Hash, @CreatedAt)
            ON CONFLICT (only_row) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at
            """,
            new { Hash = hash.ToArray(), CreatedAt = audit.At.ToUnixTimeMilliseconds() }, transaction, cancellationToken: cancellation));
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
    }
}
