namespace OrleansGateway.Events;

/// <summary>How far each webhook has got with each tenant's events, and what could not be delivered. Throws <see cref="EventStoreException"/>.</summary>
internal interface IWebhookStore
{
    /// <summary>
    /// Makes a webhook known: one that is new begins with what is yet to come. Answers since when its receiver has said that it is gone, unless its address is another one
    /// now; none if it has not.
    /// </summary>
    ValueTask<DateTimeOffset?> RegisterAsync(string webhook, string url, CancellationToken cancellation);

    /// <summary>Since when its receiver has said that it is gone; none if it has not.</summary>
    ValueTask<DateTimeOffset?> GoneSinceAsync(string webhook, CancellationToken cancellation);

    /// <summary>Notes that its receiver is gone, or is there again.</summary>
    ValueTask SetGoneAsync(string webhook, DateTimeOffset? at, CancellationToken cancellation);

    /// <summary>How far it has got with that tenant's events.</summary>
    ValueTask<LaneState> LaneAsync(string webhook, string? tenant, CancellationToken cancellation);

    /// <summary>All tenants with which it has begun.</summary>
    ValueTask<IReadOnlyList<LaneState>> LanesAsync(string webhook, CancellationToken cancellation);

    /// <summary>Goes on to that sequence; false, and changes nothing, if it does not stand at <paramref name="from"/> any more.</summary>
    ValueTask<bool> AdvanceAsync(string webhook, string? tenant, long from, long to, DeadLetter? dead, CancellationToken cancellation);

    /// <summary>Notes an attempt that failed; nothing if it has moved meanwhile.</summary>
    ValueTask FailAsync(string webhook, LaneState failed, CancellationToken cancellation);

    /// <summary>Goes to another place, back or on.</summary>
    ValueTask MoveAsync(string webhook, string? tenant, long position, CancellationToken cancellation);

    /// <summary>Dead letters behind that number, the oldest first.</summary>
    ValueTask<IReadOnlyList<DeadLetter>> DeadLettersAsync(string webhook, long after, int limit, CancellationToken cancellation);

    ValueTask<long> CountDeadLettersAsync(string webhook, CancellationToken cancellation);

    ValueTask<DeadLetter?> FindDeadLetterAsync(string webhook, long number, CancellationToken cancellation);

    ValueTask DeleteDeadLetterAsync(string webhook, long number, CancellationToken cancellation);

    /// <summary>Deletes dead letters that were given up before this.</summary>
    ValueTask<long> PurgeDeadLettersAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>How far a webhook has got with a tenant's events.</summary>
/// <param name="Tenant">Whose; none for the gateway's own.</param>
/// <param name="Position">Sequence of the last event that is done with.</param>
/// <param name="Attempts">Attempts made in vain for the next one.</param>
/// <param name="Due">When the next attempt is due; none if at once.</param>
/// <param name="Problem">Why the last attempt failed.</param>
internal sealed record LaneState(string? Tenant, long Position, int Attempts = 0, DateTimeOffset? Due = null, string? Problem = null);

/// <summary>An event that a receiver did not take.</summary>
/// <param name="Number">Names it; 0 before it is kept.</param>
/// <param name="Event">The event.</param>
/// <param name="Attempts">Attempts that were made.</param>
/// <param name="Problem">Why the last one failed.</param>
/// <param name="At">When it was given up.</param>
internal sealed record DeadLetter(long Number, GatewayEvent Event, int Attempts, string Problem, DateTimeOffset At);
