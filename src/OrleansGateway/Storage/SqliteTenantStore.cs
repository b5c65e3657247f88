using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Audit;
using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>Tenants, teams and users made at run time, in SQLite: one table, in which a tenant has an empty team, and a team an empty user.</summary>
internal sealed class SqliteTenantStore(SqliteDatabase database) : ITenantStore
{
    private const string Columns =
        "tenant AS Tenant, team AS Team, user AS User, name AS Name, enabled AS Enabled, created_at AS CreatedAt, created_by AS CreatedBy, version AS Version";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Owner> ReadAllAsync(string? tenant, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var rows = connection.QueryUnbufferedAsync<OwnerRow>($"SELECT {Columns} FROM owners{(tenant is null ? "" : " WHERE tenant = @tenant")}", new { tenant });
        await foreach (var row in rows.WithCancellation(cancellation)) yield return row.Owner();
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(Owner owner, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var added = connection.Execute("""
            INSERT INTO owners (tenant, team, user, name, enabled, created_at, created_by, version)
            VALUES (@Tenant, @Team, @User, @Name, @Enabled, @CreatedAt, @CreatedBy, @Version)
            ON CONFLICT (tenant, team, user) DO NOTHING
            """, OwnerRow.Of(owner), transaction);
        if (added == 0) return false;
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(Owner expected, Owner replacement, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var replaced = connection.Execute("""
            UPDATE owners SET name = @Name, enabled = @Enabled, version = version + 1
            WHERE tenant = @Tenant AND team = @Team AND user = @User AND version = @Version
            """, OwnerRow.Of(replacement with { Id = expected.Id, Version = expected.Version }), transaction);
        if (replaced == 0) return false;
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <inheritdoc/>
    public async Task<OwnerRemoval> RemoveAsync(OwnerId id, IReadOnlyList<(Owner Owner, AuditEntry Audit)> removed, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        if (InTheWay(connection, transaction, id) is { } obstacle) return obstacle;
        foreach (var (owner, audit) in removed)
        {
            var gone = connection.Execute(
                "DELETE FROM owners WHERE tenant = @Tenant AND team = @Team AND user = @User AND version = @Version", OwnerRow.Of(owner), transaction);
            if (gone == 0) return OwnerRemoval.Changed;
            AuditRow.Append(connection, transaction, audit);
        }

        await transaction.CommitAsync(cancellation);
        return OwnerRemoval.Removed;
    }

    private static OwnerRemoval? InTheWay(SqliteConnection connection, SqliteTransaction transaction, OwnerId id)
    {
        var hasKeys = connection.ExecuteScalar<bool>("""
            SELECT EXISTS (SELECT 1 FROM keys WHERE tenant = @Tenant AND (@Team IS NULL OR team = @Team) AND (@User IS NULL OR user = @User) AND revoked_at IS NULL)
            """, new { id.Tenant, id.Team, id.User }, transaction);
        if (hasKeys) return OwnerRemoval.HasKeys;
        if (id.Team is not null) return null;
        var hasAdmins = connection.ExecuteScalar<bool>(
            "SELECT EXISTS (SELECT 1 FROM admins WHERE tenant = @Tenant AND revoked_at IS NULL)", new { id.Tenant }, transaction);
        return hasAdmins ? OwnerRemoval.HasAdmins : null;
    }
}
