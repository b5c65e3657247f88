using System.Text.Json;
using Dapper;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Messages that were refused, in <c>cache.db</c>.</summary>
internal sealed class SqliteParkedMessages(CacheDatabase database) : IParkedMessages
{
    private const string Columns = "number, source, at, code, reason, headers, body_bytes AS BodyBytes";

    /// <inheritdoc/>
    public ValueTask<long> ParkAsync(ParkedMessage message, CancellationToken cancellation) => database.WriteAsync(async transaction =>
    {
        var body = message.Body[..Math.Min(message.Body.Length, IParkedMessages.BodyBytesMax)].ToArray();
        var number = await transaction.Connection!.ExecuteScalarAsync<long>("""
            INSERT INTO parked_messages (source, at, code, reason, headers, body, body_bytes) VALUES (@Source, @at, @Code, @Reason, @headers, @body, @BodyBytes) RETURNING number
            """, new
        {
            message.Source, at = message.At.ToUnixTimeMilliseconds(), message.Code, message.Reason, headers = JsonSerializer.Serialize(message.Headers, ParkedJson.Default.IReadOnlyDictionaryStringString),
            body, message.BodyBytes,
        }, transaction);
        await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number <= @oldest", new { oldest = number - IParkedMessages.Max }, transaction);
        while (await transaction.Connection!.ExecuteScalarAsync<long>("SELECT coalesce(sum(length(body)), 0) FROM parked_messages", transaction: transaction) > IParkedMessages.BytesMax)
            await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number IN (SELECT number FROM parked_messages ORDER BY number LIMIT 100)", transaction: transaction);
        return number;
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedMessage>> ListAsync(string? source, long after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ParkedMessage>>(
        async connection => [.. (await connection.QueryAsync<Row>(
            $"SELECT {Columns}, x'' AS Body FROM parked_messages WHERE number > @after AND (@source IS NULL OR source = @source) ORDER BY number LIMIT @limit", new { source, after, limit })).Select(r => r.Message())],
        cancellation);

    /// <inheritdoc/>
    public ValueTask<ParkedMessage?> FindAsync(long number, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns}, body AS Body FROM parked_messages WHERE number = @number", new { number }))?.Message(), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(long number, CancellationToken cancellation) => database.WriteAsync(
        async transaction => await transaction.Connection!.ExecuteAsync("DELETE FROM parked_messages WHERE number = @number", new { number }, transaction) > 0, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellation) =>
        database.ReadAsync(connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM parked_messages"), cancellation);

    private sealed record Row(long Number, string Source, long At, string Code, string Reason, string Headers, long BodyBytes, byte[] Body)
    {
        public ParkedMessage Message() => new(
            Number, Source, DateTimeOffset.FromUnixTimeMilliseconds(At), Code, Reason, JsonSerializer.Deserialize(Headers, ParkedJson.Default.IReadOnlyDictionaryStringString)!, Body, BodyBytes);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ParkedJson : System.Text.Json.Serialization.JsonSerializerContext;
