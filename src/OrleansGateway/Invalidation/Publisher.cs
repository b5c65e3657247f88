using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Invalidation;

/// <summary>Publishes for one tenant, or for all and for what they share.</summary>
internal sealed class Publisher(IInvalidationSequencer sequencer, InvalidationTable table)
{
    /// <summary>
    /// The places in the sequences; the last of them if it is for all. A tenant that stores its first answer meanwhile asks its origin after this was called, so that it need not be
    /// told.
    /// </summary>
    public async ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        if (request.Tenant != Mapping.AllTenants || sequencer.ReachesAllTenants) return await sequencer.PublishAsync(request, cancellation);
        var receipts = await Task.WhenAll(table.Tenants.Append(null).Select(tenant => sequencer.PublishAsync(request with { Tenant = tenant }, cancellation).AsTask()));
        return new InvalidationReceipt(receipts.Max(static r => r.Seq), receipts.All(static r => r.IsRepeat));
    }
}
