namespace OrleansGateway.Events;

/// <summary>
/// The event log: a stream for each tenant, and one for the gateway itself, each numbered from 1 without gaps. A port: SQLite on one machine, PostgreSQL in a cluster. Throws
/// <see cref="EventStoreException"/>; whoever is told so appends again.
/// </summary>
internal interface IEventStore
{
    /// <summary>
    /// Adds those whose sources are new, and moves the cursor, in one transaction. Answers the tenants whose streams have grown, the empty text standing for none.
    /// </summary>
    ValueTask<IReadOnlyList<string>> AppendAsync(IReadOnlyList<NewEvent> events, EventCursor? cursor, CancellationToken cancellation);

    /// <summary>Which of these sources no event was made of yet.</summary>
    ValueTask<IReadOnlySet<Guid>> NewAsync(IReadOnlyList<Guid> sources, CancellationToken cancellation);

    /// <summary>How far that feed has read; none if it never did.</summary>
    ValueTask<long?> CursorAsync(string feed, CancellationToken cancellation);

    /// <summary>Events of a tenant behind that one, in order.</summary>
    ValueTask<IReadOnlyList<GatewayEvent>> ReadAsync(string? tenant, long after, int limit, CancellationToken cancellation);

    /// <summary>All streams.</summary>
    ValueTask<IReadOnlyList<EventStream>> StreamsAsync(CancellationToken cancellation);

    /// <summary>Streams that were added to, or in which a webhook was moved by hand, since that mark; perhaps some that were told of before. 0 for all.</summary>
    ValueTask<GrownStreams> GrownAsync(long since, CancellationToken cancellation);

    /// <summary>Deletes from the beginning of a stream what may go. Answers how many events that were.</summary>
    ValueTask<long> PurgeAsync(EventPurge purge, CancellationToken cancellation);

    /// <summary>Forgets sources that were added before this.</summary>
    ValueTask<long> ForgetSourcesAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>How far a feed has read what it makes events of.</summary>
internal readonly record struct EventCursor(string Feed, long Value);

/// <param name="Tenant">Whose; none for the gateway's own.</param>
/// <param name="Head">Sequence of the last event.</param>
internal readonly record struct EventStream(string? Tenant, long Head);

/// <param name="Tenant">Whose; none for the gateway's own.</param>
/// <param name="Mark">Another one whenever it has grown.</param>
internal readonly record struct GrownStream(string? Tenant, long Mark);

/// <param name="Streams">Those that have grown.</param>
/// <param name="Next">Mark to ask from the next time.</param>
internal sealed record GrownStreams(IReadOnlyList<GrownStream> Streams, long Next);

/// <summary>What of a stream may go.</summary>
/// <param name="Tenant">Whose stream.</param>
/// <param name="Before">Events that happened before this …</param>
/// <param name="Through">… and are not behind this sequence,</param>
/// <param name="Anyway">and those up to this one in any case.</param>
internal readonly record struct EventPurge(string? Tenant, DateTimeOffset Before, long Through, long Anyway);

/// <summary>The event log cannot be read or written, or nobody knows whether a write was.</summary>
internal sealed class EventStoreException(string message, Exception? inner = null) : Exception(message, inner);
