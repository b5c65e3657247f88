namespace OrleansGateway.Invalidation;

/// <summary>What is to be invalidated.</summary>
/// <param name="Tenant">Whose content; none for what is everybody's.</param>
/// <param name="Selectors">What of it; at least one.</param>
/// <param name="Mode">What becomes of it.</param>
/// <param name="EventId">Names the event that asks for it; the same request under the same id counts once within a window of time and number.</param>
/// <param name="OccurredAt">When that happened, as its publisher says. For people; the order is that of arrival.</param>
/// <param name="Source">Who asks: an admin, or a source of the configuration.</param>
internal sealed record InvalidationRequest(
    string? Tenant, IReadOnlyList<Selector> Selectors, InvalidationMode Mode, string? EventId, DateTimeOffset? OccurredAt, string Source);

/// <summary>An invalidation is durable and has been applied wherever answers are served.</summary>
/// <param name="Seq">Its place in the tenant's sequence.</param>
/// <param name="IsRepeat">Whether it had been published before, under the same event id.</param>
internal readonly record struct InvalidationReceipt(long Seq, bool IsRepeat = false);

/// <summary>Puts invalidations in order: those of a tenant have numbers that rise, from 1 or above.</summary>
internal interface IInvalidationSequencer
{
    /// <summary>Whether one published for <see cref="Messages.Mapping.AllTenants"/> reaches all of them by itself. Else each is to be told.</summary>
    bool ReachesAllTenants => false;

    /// <summary>
    /// Returns once it is durable, and applied by every edge that may still serve. Throws <see cref="InvalidationException"/> if that is not known: it may have been applied, and
    /// may be published again.
    /// </summary>
    ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation);
}

/// <summary>An invalidation could not be made durable.</summary>
internal sealed class InvalidationException(string message, Exception? cause = null) : Exception(message, cause);
