using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Leases;

/// <summary>Where owners stand: for <c>explain</c> and insights. It costs a call; nothing on the way of requests asks.</summary>
internal interface IOwnerViews
{
    ValueTask<OwnerView> ViewAsync(string owner, CancellationToken cancellation);

    /// <summary>Looks through a slice of an owner's accounts that are not kept in the ledger, for those that are nearly used up. Slices are small: requests wait for none of them.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="from">Where the slice begins: 0, or the <see cref="NearSlice.Next"/> of the one before.</param>
    /// <param name="percent">How much must be used, or be at gateways to be used.</param>
    /// <param name="most">Most that are answered: the fullest.</param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<NearSlice> NearAsync(string owner, int from, int percent, int most, CancellationToken cancellation);
}
