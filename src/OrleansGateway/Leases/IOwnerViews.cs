using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Leases;

/// <summary>Where owners stand: for <c>explain</c>. It costs a call; nothing on the way of requests asks.</summary>
internal interface IOwnerViews
{
    ValueTask<OwnerView> ViewAsync(string owner, CancellationToken cancellation);
}
