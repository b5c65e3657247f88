using Dapper;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Messages that were refused, in <c>cache.db</c>.</summary>
internal sealed class SqliteParkedMessages(CacheDatabase database) : IParkedMessages
{
    /// <inheritdoc/>
    public ValueTask<long> ParkAsync(ParkedMessage message, CancellationToken cancellation) => database.WriteAsync(async transaction =>
    {
        var number = await transaction.Connection!.ExecuteScalarAsync<long>("""
            INSERT INTO parked_messages (source, at, code, reason, headers, body, body_bytes) VALUES (@Source, @At, @Code, @Reason, @Headers, @Body, @BodyBytes) RETURNING number
            """, ParkedRow.Of(message), transaction);
        await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number <= @oldest", new { oldest = number - IParkedMessages.Max }, transaction);
        while (await transaction.Connection!.ExecuteScalarAsync<long>("SELECT coalesce(sum(length(body)), 0) FROM parked_messages", transaction: transaction) > IParkedMessages.BytesMax)
            await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number IN (SELECT number FROM parked_messages ORDER BY number LIMIT 100)", transaction: transaction);
        return number;
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedMessage>> ListAsync(string? source, long after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ParkedMessage>>(
        async connection => [.. (await connection.QueryAsync<ParkedRow>(
            $"SELECT {ParkedRow.Columns} FROM parked_messages WHERE number > @after AND (@source IS NULL OR source = @source) ORDER BY number LIMIT @limit", new { source, after, limit })).Select(static r => r.Message())],
        cancellation);

    /// <inheritdoc/>
    public ValueTask<ParkedMessage?> FindAsync(long number, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<ParkedRow>($"SELECT {ParkedRow.Columns}, body AS Body FROM parked_messages WHERE number = @number", new { number }))?.Message(), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(long number, CancellationToken cancellation) => database.WriteAsync(
        async transaction => await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number = @number", new { number }, transaction) > 0, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellation) =>
        database.ReadAsync(connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM parked_messages"), cancellation);
}
