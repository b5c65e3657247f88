namespace OrleansGateway.Invalidation;

/// <summary>
/// Where the sequences stand on one machine, and the last invalidations of each. Written by one writer at a time.
/// </summary>
internal interface IInvalidationLog
{
    /// <summary>Where the sequence of each tenant stands, and what is kept of it: the last of it, without a gap.</summary>
    ValueTask<IReadOnlyList<KeptInvalidations>> LoadAsync(CancellationToken cancellation);

    /// <summary>
    /// Numbers them, in this order, and adds them in one commit; they have reached the disk when it returns. What was added before under the same event id, with the same content,
    /// gets the number it had. Throws <see cref="InvalidationException"/>.
    /// </summary>
    ValueTask<IReadOnlyList<InvalidationReceipt>> AppendAsync(IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation);

    /// <summary>What is kept of a tenant's sequence behind that place, in order.</summary>
    ValueTask<IReadOnlyList<NumberedInvalidation>> ReadAsync(string? tenant, long after, CancellationToken cancellation);

    /// <summary>Forgets what is beyond <see cref="InvalidationLogBounds"/>.</summary>
    ValueTask PruneAsync(CancellationToken cancellation);
}

/// <param name="Tenant">Whose; none for what is everybody's.</param>
/// <param name="Head">The last number given.</param>
/// <param name="Kept">The last of the sequence.</param>
internal sealed record KeptInvalidations(string? Tenant, long Head, IReadOnlyList<NumberedInvalidation> Kept);

/// <summary>How much of the past is kept.</summary>
/// <param name="KeptMax">Invalidations of each tenant. What a disk cache has stored before them is thrown out after a restart.</param>
/// <param name="EventIdsMax">Ids of events, of all tenants.</param>
/// <param name="EventIdsKept">Time that ids are kept at most. A message that comes again after it is applied again, which makes more invalid than needed and never less.</param>
internal sealed record InvalidationLogBounds(int KeptMax, int EventIdsMax, TimeSpan EventIdsKept)
{
    public static InvalidationLogBounds Default { get; } = new(KeptMax: 10_000, EventIdsMax: 1_000_000, EventIdsKept: TimeSpan.FromDays(1));
}
