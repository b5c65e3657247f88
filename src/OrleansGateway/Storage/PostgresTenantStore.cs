using System.Runtime.CompilerServices;
using OrleansGateway.Audit;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tenants;

namespace OrleansGateway.Storage;

/// <summary>Tenants, teams and users of a cluster, in PostgreSQL: one table, in which a tenant has an empty team, and a team an empty user.</summary>
internal sealed class PostgresTenantStore(PostgresDatabase database) : ITenantStore
{
    private const string Columns = "tenant, team, user_id AS \"User\", name, enabled, created_at AS CreatedAt, created_by AS CreatedBy, version";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Owner> ReadAllAsync(string? tenant, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = tenant is null
            ? connection.StreamAsync<OwnerRow>($"SELECT {Columns} FROM gateway.owners", [], cancellation)
            : connection.StreamAsync<OwnerRow>($"SELECT {Columns} FROM gateway.owners WHERE tenant = @tenant", [("tenant", tenant)], cancellation);
        await foreach (var row in rows) yield return row.Owner();
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(Owner owner, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var added = await change.RunAsync("""
            INSERT INTO gateway.owners (tenant, team, user_id, name, enabled, created_at, created_by, version)
            VALUES (@tenant, @team, @user, @name, @enabled, @created_at, @created_by, @version) ON CONFLICT (tenant, team, user_id) DO NOTHING
            """, [.. Named(owner), ("created_at", owner.CreatedAt.ToUnixTimeMilliseconds()), ("created_by", owner.CreatedBy)]);
        if (added == 0) return false;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> ReplaceAsync(Owner expected, Owner replacement, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        var replaced = await change.RunAsync("""
            UPDATE gateway.owners SET name = @name, enabled = @enabled, version = version + 1
            WHERE tenant = @tenant AND team = @team AND user_id = @user AND version = @version
            """, Named(replacement with { Id = expected.Id, Version = expected.Version }));
        if (replaced == 0) return false;
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    /// <inheritdoc/>
    public async Task<OwnerRemoval> RemoveAsync(OwnerId id, IReadOnlyList<(Owner Owner, AuditEntry Audit)> removed, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        if (await InTheWayAsync(change, id) is { } obstacle) return obstacle;
        foreach (var (owner, audit) in removed)
        {
            var gone = await change.RunAsync(
                "DELETE FROM gateway.owners WHERE tenant = @tenant AND team = @team AND user_id = @user AND version = @version",
                [.. Named(owner).Where(static p => p.Name is not ("name" or "enabled"))]);
            if (gone == 0) return OwnerRemoval.Changed;
            await change.NoteAsync(audit);
        }

        await change.CommitAsync();
        return OwnerRemoval.Removed;
    }

    private static async Task<OwnerRemoval?> InTheWayAsync(PostgresChange change, OwnerId id)
    {
        (string Name, object? Value)[] asked = [("tenant", id.Tenant)];
        var below = "";
        if (id.Team is not null) (below, asked) = (below + " AND team = @team", [.. asked, ("team", id.Team)]);
        if (id.User is not null) (below, asked) = (below + " AND user_id = @user", [.. asked, ("user", id.User)]);
        if ((await change.ReadAsync<long>($"SELECT 1::bigint FROM gateway.keys WHERE tenant = @tenant{below} AND revoked_at IS NULL LIMIT 1", asked)).Count > 0) return OwnerRemoval.HasKeys;
        if (id.Team is not null) return null;
        var admins = await change.ReadAsync<long>("SELECT 1::bigint FROM gateway.admins WHERE tenant = @tenant AND revoked_at IS NULL LIMIT 1", ("tenant", id.Tenant));
        return admins.Count > 0 ? OwnerRemoval.HasAdmins : null;
    }

    private static (string Name, object? Value)[] Named(Owner owner)
    {
        var row = OwnerRow.Of(owner);
        return [("tenant", row.Tenant), ("team", row.Team), ("user", row.User), ("name", row.Name), ("enabled", row.Enabled), ("version", row.Version)];
    }
}
