using Dapper;
using OrleansGateway.Admin;
using OrleansGateway.Audit;

namespace OrleansGateway.Storage;

/// <summary>The configurations that were in force, in SQLite.</summary>
internal sealed class SqliteConfigurationHistory(SqliteDatabase database) : IConfigurationHistory
{
    private const string Columns = "version AS Version, text AS Text, at AS At, actor AS Actor";

    /// <inheritdoc/>
    public async Task AddAsync(AppliedConfiguration applied, AuditEntry audit, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute("""
            INSERT INTO configurations (version, text, at, actor) VALUES (@Version, @Text, @At, @Actor);
            DELETE FROM configurations WHERE sequence <= (SELECT max(sequence) FROM configurations) - @Max
            """,
            new { applied.Version, applied.Text, At = applied.At.ToUnixTimeMilliseconds(), applied.Actor, Max = IConfigurationHistory.Max }, transaction);
        AuditRow.Append(connection, transaction, audit);
        await transaction.CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AppliedConfiguration>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var rows = await connection.QueryAsync<ConfigurationRow>(
            new CommandDefinition($"SELECT {Columns} FROM configurations ORDER BY sequence DESC", cancellationToken: cancellation));
        return [.. rows.Select(r => r.Applied())];
    }

    /// <inheritdoc/>
    public async Task<AppliedConfiguration?> FindAsync(string? version, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var row = await connection.QueryFirstOrDefaultAsync<ConfigurationRow>(new CommandDefinition(
            $"SELECT {Columns} FROM configurations WHERE @version IS NULL OR version = @version ORDER BY sequence DESC LIMIT 1",
            new { version }, cancellationToken: cancellation));
        return row?.Applied();
    }
}
