namespace OrleansGateway.Invalidation;

/// <summary>What is to be invalidated.</summary>
/// <param name="Tenant">Whose content; none for what is everybody's.</param>
/// <param name="Selectors">What of it.</param>
/// <param name="Mode">What becomes of it.</param>
/// <param name="EventId">Names the event that asks for it; the same twice counts once.</param>
/// <param name="OccurredAt">When that happened.</param>
/// <param name="Source">Who asks.</param>
internal sealed record InvalidationRequest(
    string? Tenant, IReadOnlyList<Selector> Selectors, InvalidationMode Mode, string? EventId, DateTimeOffset? OccurredAt, string Source);

/// <summary>An invalidation has been applied.</summary>
/// <param name="Seq">Its place in the tenant's sequence.</param>
internal readonly record struct InvalidationReceipt(long Seq);

/// <summary>Puts invalidations in order.</summary>
internal interface IInvalidationSequencer
{
    /// <summary>Returns once it is durable and applied wherever answers are served.</summary>
    ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation);
}

/// <summary>The order of one process, which forgets it when it ends, as its memory store does what it has stored.</summary>
internal sealed class LocalSequencer(InvalidationTable table) : IInvalidationSequencer
{
    private readonly Lock _lock = new();

    public ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        var tenant = table.Of(request.Tenant);
        lock (_lock)
        {
            var seq = tenant.Applied + 1;
            tenant.Apply(new Invalidation(request.Tenant, seq, request.Selectors, request.Mode));
            return new(new InvalidationReceipt(seq));
        }
    }
}
