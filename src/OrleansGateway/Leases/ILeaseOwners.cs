namespace OrleansGateway.Leases;

/// <summary>Where requests to owners go: behind a lock in this process, or to grains. An owner has all accounts of one tenant (<c>tenant:acme</c>), or those of one rule that no tenant has (<c>rule:per-ip</c>).</summary>
internal interface ILeaseOwners
{
    /// <summary>
    /// The owner's answer. Safe to call again with the same request. Throws <see cref="TimeoutException"/> or <see cref="IOException"/> if there is none; the request may have been
    /// acted on then.
    /// </summary>
    ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation);
}
