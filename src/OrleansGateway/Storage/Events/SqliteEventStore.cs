using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary>The event log of one machine.</summary>
internal sealed class SqliteEventStore(EventDatabase database, TimeProvider time) : IEventStore
{
    private const int PurgedTogether = 2_000;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> AppendAsync(IReadOnlyList<NewEvent> events, EventCursor? cursor, CancellationToken cancellation) => database.WriteAsync(transaction =>
    {
        using var adding = new EventInserts(transaction, time.GetUtcNow());
        foreach (var one in events) adding.Add(one);
        var grown = adding.End();
        if (cursor is { } at)
        {
            transaction.Connection!.Execute(
                "INSERT INTO event_cursors (feed, value) VALUES (@Feed, @Value) ON CONFLICT (feed) DO UPDATE SET value = excluded.value", new { at.Feed, at.Value }, transaction);
        }

        return Task.FromResult(grown);
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<Guid>> NewAsync(IReadOnlyList<Guid> sources, CancellationToken cancellation) => database.ReadAsync<IReadOnlySet<Guid>>(connection =>
    {
        var unknown = new HashSet<Guid>(sources);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM event_sources WHERE source = $source";
        var parameter = command.Parameters.Add("$source", SqliteType.Blob);
        foreach (var source in sources)
        {
            parameter.Value = source.ToByteArray(bigEndian: true);
            if (command.ExecuteScalar() is not null) unknown.Remove(source);
        }

        return Task.FromResult<IReadOnlySet<Guid>>(unknown);
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<long?> CursorAsync(string feed, CancellationToken cancellation) => database.ReadAsync(
        connection => connection.QuerySingleOrDefaultAsync<long?>("SELECT value FROM event_cursors WHERE feed = @feed", new { feed }), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<GatewayEvent>> ReadAsync(string? tenant, long after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<GatewayEvent>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<EventRow>(
                $"SELECT {EventRow.Columns} FROM events WHERE tenant = @tenant AND sequence > @after ORDER BY sequence LIMIT @limit", new { tenant = tenant ?? "", after, limit });
            return [.. rows.Select(r => r.Event())];
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<EventStream>> StreamsAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<EventStream>>(
        async connection => [.. (await connection.QueryAsync<(string Tenant, long Head)>("SELECT tenant, head FROM event_streams ORDER BY tenant")).Select(r => new EventStream(EventRow.TenantOf(r.Tenant), r.Head))],
        cancellation);

    // All of them: they are few on one machine.
    /// <inheritdoc/>
    public async ValueTask<GrownStreams> GrownAsync(long since, CancellationToken cancellation) =>
        new([.. (await StreamsAsync(cancellation)).Select(static s => new GrownStream(s.Tenant, s.Head))], Next: 0);

    /// <inheritdoc/>
    public async ValueTask<long> PurgeAsync(EventPurge purge, CancellationToken cancellation)
    {
        var asked = new { tenant = purge.Tenant ?? "", before = purge.Before.ToUnixTimeMilliseconds(), purge.Through, purge.Anyway };
        // From the beginning up to the first that stays: a stream has no holes.
        var last = await database.ReadAsync(connection => connection.ExecuteScalarAsync<long>("""
            SELECT coalesce(
                (SELECT sequence - 1 FROM events WHERE tenant = @tenant AND sequence > @Anyway AND (sequence > @Through OR at >= @before) ORDER BY sequence LIMIT 1),
                (SELECT head FROM event_streams WHERE tenant = @tenant), 0)
            """, asked), cancellation);
        return await SliceAsync("""
            DELETE FROM events WHERE tenant = @tenant AND sequence <= @last
            AND sequence < (SELECT min(sequence) FROM events WHERE tenant = @tenant) + @most
            """, new { asked.tenant, last, most = PurgedTogether }, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<long> ForgetSourcesAsync(DateTimeOffset before, CancellationToken cancellation) => SliceAsync(
        "DELETE FROM event_sources WHERE source IN (SELECT source FROM event_sources WHERE added_at < @before LIMIT @most)",
        new { before = before.ToUnixTimeMilliseconds(), most = PurgedTogether }, cancellation);

    // No slice holds the lock for long.
    private async ValueTask<long> SliceAsync(string delete, object asked, CancellationToken cancellation)
    {
        var (all, gone) = (0L, 0);
        do
        {
            gone = await database.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(delete, asked, transaction), cancellation);
            all += gone;
        }
        while (gone > 0);
        return all;
    }
}
