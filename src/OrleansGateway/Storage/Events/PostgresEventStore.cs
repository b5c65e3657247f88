using Npgsql;
using OrleansGateway.Events;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Events;

/// <summary>The event log of a cluster. Whoever adds to a stream has its row locked until the commit; so what is seen of a stream has no holes, and all who add lock in one order.</summary>
/// <param name="database">The cluster's.</param>
/// <param name="term">The turn that this node has at the event duty: who moves a cursor must have it still.</param>
/// <param name="time">The clock.</param>
internal sealed class PostgresEventStore(PostgresDatabase database, Func<long> term, TimeProvider time) : IEventStore
{
    private const int PurgedTogether = 2_000;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> AppendAsync(IReadOnlyList<NewEvent> events, EventCursor? cursor, CancellationToken cancellation) =>
        database.InEventsAsync<IReadOnlyList<string>>(async (connection, transaction) =>
        {
            if (cursor is { } at) await MoveAsync(connection, transaction, at);
            var fresh = await PostgresEventRows.TakeSourcesAsync(connection, transaction, events, time.GetUtcNow());
            return await PostgresEventRows.AddAsync(connection, transaction, fresh);
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<Guid>> NewAsync(IReadOnlyList<Guid> sources, CancellationToken cancellation) => database.OfEventsAsync<IReadOnlySet<Guid>>(async connection =>
    {
        var byDigest = sources.Distinct().ToDictionary(static s => Convert.ToHexString(PostgresEventRows.DigestOf(s.ToByteArray(bigEndian: true))));
        var known = await connection.ReadAllAsync<KnownSource>(
            null, "SELECT source FROM gateway.event_sources WHERE source = ANY(@sources)", ("sources", byDigest.Keys.Select(Convert.FromHexString).ToArray()));
        foreach (var row in known) byDigest.Remove(Convert.ToHexString(row.Source));
        return byDigest.Values.ToHashSet();
    }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<long?> CursorAsync(string feed, CancellationToken cancellation) => await database.OfEventsAsync(
        connection => connection.ReadAllAsync<StoredCursor>(null, "SELECT value FROM gateway.event_cursors WHERE feed = @feed", ("feed", feed)), cancellation) is [var row] ? row.Value : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<GatewayEvent>> ReadAsync(string? tenant, long after, int limit, CancellationToken cancellation) => [.. (await database.OfEventsAsync(
        connection => connection.ReadAllAsync<EventRow>(
            null, $"SELECT {EventRow.Columns} FROM gateway.events WHERE tenant = @tenant AND sequence > @after ORDER BY sequence LIMIT @limit",
            ("tenant", PostgresEventRows.NameOf(tenant)), ("after", after), ("limit", (long)limit)),
        cancellation)).Select(r => r.Event() with { Tenant = tenant })];

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<EventStream>> StreamsAsync(CancellationToken cancellation) => [.. (await database.OfEventsAsync(
        connection => connection.ReadAllAsync<StoredStream>(null, "SELECT tenant, head FROM gateway.event_streams ORDER BY tenant"),
        cancellation)).Select(static r => new EventStream(PostgresEventRows.TenantOf(r.Tenant!), r.Head))];

    /// <summary>
    /// By the transactions that have touched them. Those below the oldest that is under way have ended and were seen, so the next look begins there; what is above may be told twice.
    /// </summary>
    public async ValueTask<GrownStreams> GrownAsync(long since, CancellationToken cancellation)
    {
        var rows = await database.OfEventsAsync(connection => connection.ReadAllAsync<StoredStream>(null, """
            SELECT s.tenant, coalesce(s.grown, 0) AS grown, now.oldest FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest) AS now
            LEFT JOIN gateway.event_streams AS s ON s.grown >= @since
            """, ("since", since)), cancellation);
        return new GrownStreams([.. rows.Where(static r => r.Tenant is not null).Select(static r => new GrownStream(PostgresEventRows.TenantOf(r.Tenant!), r.Grown))], rows[0].Oldest);
    }

    /// <inheritdoc/>
    public async ValueTask<long> PurgeAsync(EventPurge purge, CancellationToken cancellation)
    {
        var tenant = PostgresEventRows.NameOf(purge.Tenant);
        // From the beginning up to the first that stays: a stream has no holes.
        var found = await database.OfEventsAsync(connection => connection.ReadAllAsync<StoredCursor>(null, """
            SELECT coalesce(
                (SELECT sequence - 1 FROM gateway.events WHERE tenant = @tenant AND sequence > @anyway AND (sequence > @through OR at >= @before) ORDER BY sequence LIMIT 1),
                (SELECT head FROM gateway.event_streams WHERE tenant = @tenant), 0) AS value
            """, ("tenant", tenant), ("anyway", purge.Anyway), ("through", purge.Through), ("before", purge.Before.ToUnixTimeMilliseconds())), cancellation);
        return await SliceAsync("""
            DELETE FROM gateway.events WHERE tenant = @tenant AND sequence <= @last
            AND sequence < (SELECT min(sequence) FROM gateway.events WHERE tenant = @tenant) + @most
            """, cancellation, ("tenant", tenant), ("last", found[0].Value), ("most", (long)PurgedTogether));
    }

    /// <inheritdoc/>
    public ValueTask<long> ForgetSourcesAsync(DateTimeOffset before, CancellationToken cancellation) => SliceAsync(
        "DELETE FROM gateway.event_sources WHERE source IN (SELECT source FROM gateway.event_sources WHERE added_at < @before LIMIT @most)", cancellation,
        ("before", before.ToUnixTimeMilliseconds()), ("most", (long)PurgedTogether));

    private async Task MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, EventCursor cursor)
    {
        var moved = await connection.ChangeAsync(transaction, $"""
            WITH held AS ({PostgresEventRows.Held}) INSERT INTO gateway.event_cursors (feed, value) SELECT @feed, @value FROM held
            ON CONFLICT (feed) DO UPDATE SET value = excluded.value
            """, isPatient: false, ("feed", cursor.Feed), ("value", cursor.Value), ("term", term()));
        if (moved == 0) throw new EventStoreException("Another node makes events now.");
    }

    // No slice holds locks for long.
    private async ValueTask<long> SliceAsync(string delete, CancellationToken cancellation, params (string, object)[] asked)
    {
        var (all, gone) = (0L, 0);
        do
        {
            gone = await database.OfEventsAsync(connection => connection.ChangeAsync(null, delete, isPatient: false, asked), cancellation);
            all += gone;
        }
        while (gone > 0);
        return all;
    }

    private sealed record KnownSource
    {
        public byte[] Source { get; init; } = [];
    }

    private sealed record StoredCursor
    {
        public long Value { get; init; }
    }

    private sealed record StoredStream
    {
        public string? Tenant { get; init; }
        public long Head { get; init; }
        public long Grown { get; init; }
        public long Oldest { get; init; }
    }
}
