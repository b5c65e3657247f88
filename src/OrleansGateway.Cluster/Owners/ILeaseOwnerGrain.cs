using OrleansGateway.Cluster.Wire;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// The owner of all accounts of one tenant, or of one rule that no tenant has; its key is the owner's name. Every call may come twice: requests have numbers, acts have ids, and the rest
/// changes nothing the second time. Orleans never sends one again; an edge does.
/// </summary>
[Alias("gateway.lease-owner")]
internal interface ILeaseOwnerGrain : IGrainWithStringKey
{
    /// <summary>Throws <see cref="IOException"/> if this is not the owner any more, or not known to be.</summary>
    // Half of what a request waits: what went to a silo that is gone is asked again while somebody still waits for it.
    [Alias("send"), ResponseTimeout("00:00:01")]
    Task<WireLeaseReply> SendAsync(WireLeaseRequest request, CancellationToken cancellation);

    [Alias("view")]
    Task<WireOwnerView> ViewAsync(CancellationToken cancellation);

    /// <summary>As <see cref="Leases.IOwnerViews.NearAsync"/> says.</summary>
    [Alias("near")]
    Task<WireNearSlice> NearAsync(int from, int percent, int most, CancellationToken cancellation);

    /// <summary>Throws <see cref="IOException"/> if it cannot be made durable.</summary>
    [Alias("act")]
    Task<WireBudgetActResult> ActAsync(WireBudgetAct act, CancellationToken cancellation);

    /// <summary>Settles what a session that is over has left. Throws <see cref="IOException"/> if that cannot be made durable.</summary>
    [Alias("recover")]
    Task RecoverAsync(WireFindings findings, CancellationToken cancellation);
}
