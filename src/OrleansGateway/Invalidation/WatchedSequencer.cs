namespace OrleansGateway.Invalidation;

/// <summary>A sequence of whatever engine, with what is published counted, timed and remembered for a while.</summary>
internal sealed class WatchedSequencer(IInvalidationSequencer inner, InvalidationMetrics metrics, RecentPurges recent, TimeProvider time) : IInvalidationSequencer
{
    /// <summary>The sequence itself.</summary>
    public IInvalidationSequencer Inner => inner;

    public bool ReachesAllTenants => inner.ReachesAllTenants;

    public async ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        var receipt = await inner.PublishAsync(request, cancellation);
        var now = time.GetUtcNow();
        metrics.Published(request, receipt.IsRepeat, time.GetElapsedTime(begun), now);
        if (!receipt.IsRepeat) recent.Add(request, receipt.Seq, now);
        return receipt;
    }
}
