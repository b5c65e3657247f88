using OrleansGateway.Cluster.Wire;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>The one place where the cluster's invalidations are numbered and edges are told of them. Any call may come twice.</summary>
[Alias("gateway.invalidation-hub")]
internal interface IInvalidationHubGrain : IGrainWithStringKey
{
    /// <summary>An edge says what it has applied, and hears what is behind that, in half a second at most. Throws <see cref="IOException"/> if this is not the hub any more, or not known to be.</summary>
    [Alias("hear")]
    Task<WireHeard> HearAsync(WireHearing hearing, CancellationToken cancellation);

    /// <summary>
    /// Returns once they are durable and applied by every edge that may serve, in the order of the requests. Throws <see cref="IOException"/> if that is not known; they may be published
    /// again. An edge that is gone is waited for until it may serve no more, and a new hub waits for those of the former one: so an answer may take longer than others do.
    /// </summary>
    [Alias("publish"), ResponseTimeout("00:00:10")]
    Task<WireInvalidationReceipt[]> PublishAsync(WireInvalidationRequest[] requests, CancellationToken cancellation);

    /// <summary>An edge serves no more and need not be waited for.</summary>
    [Alias("leave")]
    Task LeaveAsync(Guid edge, CancellationToken cancellation);
}
