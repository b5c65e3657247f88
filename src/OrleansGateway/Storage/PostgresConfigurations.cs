using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>The versions of a cluster's configuration, in PostgreSQL. The newest is the one that all nodes go by; those before are its history.</summary>
internal sealed class PostgresConfigurations(PostgresDatabase database) : ISharedConfigurations, IConfigurationHistory
{
    private const string Shown = "SELECT version, masked AS text, at, actor FROM gateway.config_versions";
    private const string Newest = " ORDER BY sequence DESC LIMIT 1";

    /// <inheritdoc/>
    public async Task<SharedText?> NewestAsync(string? known, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // The text may be long, and is nearly always known.
        var sql = $"SELECT sequence, text FROM (SELECT sequence, version, text FROM gateway.config_versions{Newest}) newest WHERE version <> @known";
        return await connection.ReadAllAsync<StoredText>(null, sql, ("known", known ?? "")) is [var row] ? row.ToText() : null;
    }

    /// <inheritdoc/>
    public async Task<SharedText?> FindTextAsync(string version, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        const string sql = "SELECT sequence, text FROM gateway.config_versions WHERE version = @version";
        return await connection.ReadAllAsync<StoredText>(null, sql, ("version", version)) is [var row] ? row.ToText() : null;
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(SharedText next, AppliedConfiguration applied, AuditEntry audit)
    {
        // One change at a time in the whole cluster: what is newest now is so until the commit.
        await using var change = await PostgresChange.BeginAsync(database, CancellationToken.None);
        var added = await change.RunAsync("""
            INSERT INTO gateway.config_versions (sequence, version, text, masked, at, actor)
            SELECT @sequence, @version, @text, @masked, @at, @actor
            WHERE (SELECT coalesce(max(sequence), 0) FROM gateway.config_versions) = @sequence - 1
            """,
            ("sequence", next.Sequence), ("version", next.Version), ("text", next.Text), ("masked", applied.Text), ("at", applied.At.ToUnixTimeMilliseconds()), ("actor", applied.Actor));
        if (added == 0) return false;
        await change.RunAsync("DELETE FROM gateway.config_versions WHERE sequence <= @sequence - @most", ("sequence", next.Sequence), ("most", (long)IConfigurationHistory.Max));
        await change.NoteAsync(audit);
        await change.CommitAsync();
        return true;
    }

    /// <summary>Notes in the audit log what a node did by itself. The versions are added by whoever makes them: they are all nodes', and each is there once.</summary>
    public async Task AddAsync(AppliedConfiguration applied, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        await change.NoteAsync(audit);
        await change.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AppliedConfiguration>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. (await connection.ReadAllAsync<ConfigurationRow>(null, Shown + " ORDER BY sequence DESC")).Select(static r => r.Applied())];
    }

    /// <inheritdoc/>
    public async Task<AppliedConfiguration?> FindAsync(string? version, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = version is null
            ? await connection.ReadAllAsync<ConfigurationRow>(null, Shown + Newest)
            : await connection.ReadAllAsync<ConfigurationRow>(null, Shown + " WHERE version = @version", ("version", version));
        return rows is [var row] ? row.Applied() : null;
    }

    private sealed record StoredText
    {
        public long Sequence { get; init; }
        public string Text { get; init; } = "";

        public SharedText ToText() => new(Sequence, Text);
    }
}
