namespace OrleansGateway.Leases.Owners;

/// <summary>An answer in the making.</summary>
internal sealed class PendingReply;
