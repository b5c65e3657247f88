using OrleansGateway.Cluster.Wire;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>The cluster's sequence as an edge publishes to it.</summary>
internal sealed class ClusterSequencer(IGrainFactory grains, HubFollower follower, TimeProvider time) : IInvalidationSequencer
{
    /// <summary>Longest time in which a publisher is not told that it failed: a hub may be on its way from one silo to another.</summary>
    private static readonly TimeSpan s_tryMax = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan s_tryAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>It is applied to whatever an edge has something of.</summary>
    public bool ReachesAllTenants => true;

    /// <inheritdoc/>
    public async ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(request.Selectors.Count);
        var (wire, began) = (WireInvalidationRequest.Of(request), time.GetTimestamp());
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                var receipts = await grains.GetGrain<IInvalidationHubGrain>(HubFollower.Key).PublishAsync([wire], cancellation);
                return await AppliedHereAsync(receipts[0].ToReceipt(), cancellation);
            }
#pragma warning disable CA1031 // Orleans has dozens, and passes on those of the other side; they all mean that it is not known.
            catch (Exception unknown)
#pragma warning restore CA1031
            {
                cancellation.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(began) > s_tryMax) throw new InvalidationException("The cluster did not say that it is invalid everywhere: " + unknown.Message, unknown);
            }

            // Publishing again what has been published after all makes nothing more invalid.
            await Task.Delay(s_tryAgain, time, cancellation);
        }
    }

    /// <summary>The hub has not waited for this edge if it had not been heard of for long. Whoever is told here that it is done asks here next.</summary>
    private async ValueTask<InvalidationReceipt> AppliedHereAsync(InvalidationReceipt receipt, CancellationToken cancellation)
    {
        await follower.AppliedAsync(receipt.Seq, cancellation).WaitAsync(s_tryMax, time, cancellation);
        return receipt;
    }
}
