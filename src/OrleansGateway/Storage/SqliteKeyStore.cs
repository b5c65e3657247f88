using System.Runtime.CompilerServices;
using Dapper;
using OrleansGateway.Audit;
using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>Keys in SQLite.</summary>
internal sealed class SqliteKeyStore(SqliteDatabase database) : IKeyStore
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Key> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = new KeyRowReader();
        await using var connection = database.Connect();
        await foreach (var row in connection.QueryUnbufferedAsync<KeyRow>($"SELECT {KeyRow.Columns} FROM keys").WithCancellation(cancellation))
            yield return reader.Read(row);
    }

    /// <inheritdoc/>
    public async Task<Key?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var row = await connection.QuerySingleOrDefaultAsync<KeyRow>(
            new CommandDefinition($"SELECT {KeyRow.Columns} FROM keys WHERE id = @id", new { id }, cancellationToken: cancellation));
        return row is null ? null : new KeyRowReader().Read(row);
    }

    /// <inheritdoc/>
    public async Task<KeyPage?> ListAsync(KeyFilter filter, CancellationToken cancellation)
    {
        var where = (filter.Tenant is null ? "" : " AND tenant = @Tenant")
            + (filter.Team is null ? "" : " AND team = @Team")
            + (filter.User is null ? "" : " AND user = @User");
        // One more than asked for, to know whether there is a next page.
        var asked = new { filter.After, filter.Tenant, filter.Team, filter.User, Limit = filter.Limit + 1L };
        await using var connection = database.Connect();
        if (filter.After is not null && await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            $"SELECT sequence FROM keys WHERE id = @After{where}", asked, cancellationToken: cancellation)) is null) return null;
        var rows = (await connection.QueryAsync<KeyRow>(new CommandDefinition(
            $"SELECT {KeyRow.Columns} FROM keys WHERE sequence > coalesce((SELECT sequence FROM keys WHERE id = @After), 0){where} ORDER BY sequence LIMIT @Limit", asked, cancellationToken: cancellation))).AsList();
        var page = rows.Take(filter.Limit).ToArray();
        return new KeyPage([.. page.Select(new KeyRowReader().Read)], rows.Count > page.Length ? page[^1].Id : null);
    }

    /// <inheritdoc/>
    public async Task<string?> AddAsync(Key key, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var added = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO keys (id, hash, previous_hash, previous_until, display, name, tenant, team, user, models, routes, ip_ranges, metadata,
                              created_at, expires_at, revoked_at, idempotency_key, version)
            VALUES (@Id, @Hash, @PreviousHash, @PreviousUntil, @Display, @Name, @Tenant, @Team, @User, @Models, @Routes, @IpRanges, @Metadata,
                    @CreatedAt, @ExpiresAt, @RevokedAt, @IdempotencyKey, @Version)
            ON CONFLICT (idempotency_key) DO NOTHING
            """, KeyRow.Of(key), transaction, cancellationToken: cancellation));
        if (added == 0)
        {
            return await connection.QuerySingleAsync<string>(new CommandDefinition(
                "SELECT id FROM keys WHERE idempotency_key = @IdempotencyKey", new { key.IdempotencyKey }, transaction, cancellationToken: cancellation));
        }

        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return null;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(Key expected, Key replacement, AuditEntry audit, CancellationToken cancellation)
    {
        var row = KeyRow.Of(replacement with { Id = expected.Id, Version = expected.Version });
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var replaced = await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE keys
            SET hash = @Hash, previous_hash = @PreviousHash, previous_until = @PreviousUntil, display = @Display, name = @Name,
                tenant = @Tenant, team = @Team, user = @User, models = @Models, routes = @Routes, ip_ranges = @IpRanges, metadata = @Metadata,
                expires_at = @ExpiresAt, revoked_at = @RevokedAt, version = version + 1
            WHERE id = @Id AND version = @Version
            """, row, transaction, cancellationToken: cancellation));
        if (replaced == 0) return false;
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
