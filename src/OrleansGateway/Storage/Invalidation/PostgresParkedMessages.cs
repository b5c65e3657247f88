using OrleansGateway.Invalidation;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Messages that were refused, whichever node of a cluster they came to.</summary>
internal sealed class PostgresParkedMessages(PostgresDatabase database) : IParkedMessages
{
    /// <inheritdoc/>
    public ValueTask<long> ParkAsync(ParkedMessage message, CancellationToken cancellation) => CallAsync(() => database.InTransactionAsync(
        System.Data.IsolationLevel.ReadCommitted, async (connection, transaction) =>
        {
            var row = ParkedRow.Of(message);
            // A server set up not to wait for its disk waits all the same here: whoever brought the message forgets it.
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = on");
            var added = await connection.ReadAllAsync<ParkedRow>(transaction, """
                INSERT INTO gateway.parked_messages (source, at, code, reason, headers, body, body_bytes) VALUES (@source, @at, @code, @reason, @headers, @body, @bytes) RETURNING number
                """,
                // The reason may quote the message, which may hold anything.
                ("source", row.Source), ("at", row.At), ("code", row.Code), ("reason", LedgerText.ToStore(row.Reason)), ("headers", row.Headers), ("body", row.Body), ("bytes", row.BodyBytes));
            await connection.ChangeAsync(transaction, """
                DELETE FROM gateway.parked_messages WHERE number <= @oldest OR number <= (
                    SELECT max(number) FROM (SELECT number, sum(octet_length(body)) OVER (ORDER BY number DESC) AS kept FROM gateway.parked_messages) AS sizes WHERE kept > @most)
                """, isPatient: false, ("oldest", added[0].Number - IParkedMessages.Max), ("most", IParkedMessages.BytesMax));
            await transaction.CommitAsync(CancellationToken.None);
            return added[0].Number;
        }, cancellation));

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ParkedMessage>> ListAsync(string? source, long after, int limit, CancellationToken cancellation)
    {
        (string, object)[] asked = [("after", after), ("limit", (long)limit)];
        var rows = await ReadAsync($"SELECT {ParkedRow.Columns} FROM gateway.parked_messages WHERE number > @after{(source is null ? "" : " AND source = @source")} ORDER BY number LIMIT @limit",
            source is null ? asked : [.. asked, ("source", source)], cancellation);
        return [.. rows.Select(Told)];
    }

    /// <inheritdoc/>
    public async ValueTask<ParkedMessage?> FindAsync(long number, CancellationToken cancellation) =>
        await ReadAsync($"SELECT {ParkedRow.Columns}, body FROM gateway.parked_messages WHERE number = @number", [("number", number)], cancellation) is [var row] ? Told(row) : null;

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(long number, CancellationToken cancellation) => await CallAsync(() => database.CallAsync(
        connection => connection.ChangeAsync(null, "DELETE FROM gateway.parked_messages WHERE number = @number", isPatient: false, ("number", number)), cancellation)) > 0;

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellation) => CallAsync(() => database.CallAsync(
        async connection => (long)(await connection.ReadOneAsync(null, "SELECT count(*) FROM gateway.parked_messages"))!, cancellation));

    private static ParkedMessage Told(ParkedRow row) => row.Message() with { Reason = LedgerText.FromStore(row.Reason) };

    private ValueTask<List<ParkedRow>> ReadAsync(string sql, (string, object)[] asked, CancellationToken cancellation) =>
        CallAsync(() => database.CallAsync(connection => connection.ReadAllAsync<ParkedRow>(null, sql, asked), cancellation));

    private static async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (LedgerException failed)
        {
            throw new InvalidationException(failed.Message, failed);
        }
    }
}
