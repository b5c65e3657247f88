using System.Runtime.CompilerServices;
using OrleansGateway.Audit;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>Keys of a cluster, in PostgreSQL.</summary>
internal sealed class PostgresKeyStore(PostgresDatabase database) : IKeyStore
{
    private const string Columns =
        "sequence, id, hash, previous_hash AS PreviousHash, previous_until AS PreviousUntil, display, name, tenant, team, user_id AS \"User\", models, routes, " +
        "ip_ranges AS IpRanges, metadata, created_at AS CreatedAt, expires_at AS ExpiresAt, revoked_at AS RevokedAt, idempotency_key AS IdempotencyKey, version";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Key> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = new KeyRowReader();
        await using var connection = await database.ConnectAsync(cancellation);
        await foreach (var row in connection.StreamAsync<KeyRow>($"SELECT {Columns} FROM gateway.keys", [], cancellation)) yield return reader.Read(row);
    }

    /// <inheritdoc/>
    public async Task<Key?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ReadAllAsync<KeyRow>(null, $"SELECT {Columns} FROM gateway.keys WHERE id = @id", ("id", id)) is [var row] ? new KeyRowReader().Read(row) : null;
    }

    /// <inheritdoc/>
    public async Task<KeyPage?> ListAsync(KeyFilter filter, CancellationToken cancellation)
    {
        var where = (filter.Tenant is null ? "" : " AND tenant = @tenant") + (filter.Team is null ? "" : " AND team = @team") + (filter.User is null ? "" : " AND user_id = @user");
        (string Name, object? Value)[] given = [("tenant", filter.Tenant), ("team", filter.Team), ("user", filter.User)];
        (string Name, object Value)[] asked = [.. given.Where(static g => g.Value is not null).Select(static g => (g.Name, g.Value!))];
        await using var connection = await database.ConnectAsync(cancellation);
        var after = 0L;
        if (filter.After is { } last)
        {
            if (await connection.ReadAllAsync<KeyRow>(null, $"SELECT {Columns} FROM gateway.keys WHERE id = @after{where}", [.. asked, ("after", last)]) is not [var found]) return null;
            after = found.Sequence;
        }

        // One more than asked for, to know whether there is a next page.
        var rows = await connection.ReadAllAsync<KeyRow>(
            null, $"SELECT {Columns} FROM gateway.keys WHERE sequence > @after{where} ORDER BY sequence LIMIT @limit", [.. asked, ("after", after), ("limit", filter.Limit + 1L)]);
        var page = rows.Take(filter.Limit).ToArray();
        return new KeyPage([.. page.Select(new KeyRowReader().Read)], rows.Count > page.Length ? page[^1].Id : null);
    }

    /// <inheritdoc/>
    public async Task<string?> AddAsync(Key key, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var added = await change.RunAsync("""
            INSERT INTO gateway.keys (id, hash, previous_hash, previous_until, display, name, tenant, team, user_id, models, routes, ip_ranges, metadata,
                                      created_at, expires_at, revoked_at, idempotency_key, version)
            VALUES (@id, @hash, @previous_hash, @previous_until, @display, @name, @tenant, @team, @user, @models, @routes, @ip_ranges, @metadata,
                    @created_at, @expires_at, @revoked_at, @idempotency_key, @version)
            ON CONFLICT (idempotency_key) DO NOTHING
            """, [.. Changed(KeyRow.Of(key)), ("created_at", key.CreatedAt.ToUnixTimeMilliseconds()), ("idempotency_key", key.IdempotencyKey)]);
        if (added == 0)
        {
            return (await change.ReadAsync<KeyRow>($"SELECT {Columns} FROM gateway.keys WHERE idempotency_key = @key", ("key", key.IdempotencyKey)))[0].Id;
        }

        await change.NoteAsync(audit);
        await change.CommitAsync();
        return null;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(Key expected, Key replacement, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var replaced = await change.RunAsync("""
            UPDATE gateway.keys
            SET hash = @hash, previous_hash = @previous_hash, previous_until = @previous_until, display = @display, name = @name,
                tenant = @tenant, team = @team, user_id = @user, models = @models, routes = @routes, ip_ranges = @ip_ranges, metadata = @metadata,
                expires_at = @expires_at, revoked_at = @revoked_at, version = version + 1
            WHERE id = @id AND version = @version
            """, Changed(KeyRow.Of(replacement with { Id = expected.Id, Version = expected.Version })));
        if (replaced == 0) return false;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    private static (string Name, object? Value)[] Changed(KeyRow row) =>
    [
        ("id", row.Id), ("hash", row.Hash), ("previous_hash", row.PreviousHash), ("previous_until", row.PreviousUntil), ("display", row.Display), ("name", row.Name),
        ("tenant", row.Tenant), ("team", row.Team), ("user", row.User), ("models", row.Models), ("routes", row.Routes), ("ip_ranges", row.IpRanges),
        ("metadata", row.Metadata), ("expires_at", row.ExpiresAt), ("revoked_at", row.RevokedAt), ("version", row.Version),
    ];
}
