using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>The configurations that were in force in a cluster, in PostgreSQL. All nodes tell of the same one; it is kept once.</summary>
internal sealed class PostgresConfigurationHistory(PostgresDatabase database) : IConfigurationHistory
{
    /// <inheritdoc/>
    public async Task AddAsync(AppliedConfiguration applied, AuditEntry audit, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        if (await change.ReadAsync<ConfigurationRow>("SELECT version, text, at, actor FROM gateway.configurations ORDER BY sequence DESC LIMIT 1") is not [var last]
            || last.Version != applied.Version || last.Text != applied.Text)
        {
            await change.RunAsync(
                "INSERT INTO gateway.configurations (version, text, at, actor) VALUES (@version, @text, @at, @actor)",
                ("version", applied.Version), ("text", applied.Text), ("at", applied.At.ToUnixTimeMilliseconds()), ("actor", applied.Actor));
            await change.RunAsync("DELETE FROM gateway.configurations WHERE sequence <= (SELECT max(sequence) FROM gateway.configurations) - @most", ("most", (long)IConfigurationHistory.Max));
        }

        await change.NoteAsync(audit);
        await change.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AppliedConfiguration>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. (await connection.ReadAllAsync<ConfigurationRow>(null, "SELECT version, text, at, actor FROM gateway.configurations ORDER BY sequence DESC")).Select(static r => r.Applied())];
    }

    /// <inheritdoc/>
    public async Task<AppliedConfiguration?> FindAsync(string? version, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        const string select = "SELECT version, text, at, actor FROM gateway.configurations";
        var rows = version is null
            ? await connection.ReadAllAsync<ConfigurationRow>(null, select + " ORDER BY sequence DESC LIMIT 1")
            : await connection.ReadAllAsync<ConfigurationRow>(null, select + " WHERE version = @version ORDER BY sequence DESC LIMIT 1", ("version", version));
        return rows is [var row] ? row.Applied() : null;
    }
}
