namespace OrleansGateway.Leases.Owners;

/// <summary>An edge's life as the owner knows it: the last request, and what was answered.</summary>
internal sealed class OwnerSession
{
    public long Epoch { get; set; }

    public long Number { get; set; }

    public LeaseReply? Reply { get; set; }

    public TimeSpan HeardAt { get; set; }

    /// <summary>The request that is being decided.</summary>
    public PendingReply? Pending { get; set; }
}
