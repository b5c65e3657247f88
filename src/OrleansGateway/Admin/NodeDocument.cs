namespace OrleansGateway.Admin;

/// <summary>The nodes of a cluster.</summary>
internal sealed record ClusterDocument(string Name, IReadOnlyList<NodeDocument> Nodes);

/// <summary>
/// A node, as it told of itself last. <c>Id</c> is of this start of it, <c>Name</c> its machine's, <c>Address</c> where other silos call it. <c>Role</c> is <c>both</c>, <c>silo</c> or
/// <c>edge</c>. <c>State</c> is <c>starting</c>, <c>ready</c> or <c>draining</c>, or <c>unheard</c> if it has said nothing for more than 5 s. <c>Ready</c> says whether requests, or for a
/// silo owners, should come to it. <c>HeardSecondsAgo</c> is how old all this is.
/// </summary>
internal sealed record NodeDocument(
    string Id, string Name, string Address, string Role, string Version, DateTimeOffset Since, string State, bool Ready, double HeardSecondsAgo, SiloDocument? Silo, EdgeDocument? Edge);

/// <summary>
/// What a silo does. <c>Owners</c> counts the tenants, and the rules of no tenant, whose limits are kept there; <c>Leases</c> what edges have of them, and is left out where there are too
/// many accounts to look through. <c>RenewalsPerSecond</c> is over the last second or so. <c>MayGrant</c> is false where it has not heard for too long whether others have taken over.
/// </summary>
internal sealed record SiloDocument(int Owners, int? Leases, double RenewalsPerSecond, bool MayGrant);

/// <summary>
/// What an edge does. All that was invalidated longer ago than <c>InvalidationLagSeconds</c> has been applied there; it is left out before anything was heard. <c>MayServeCached</c> is
/// false where that is too long ago to answer from the cache. <c>UsageLagSeconds</c> is the age of the oldest usage record that is not in the store.
/// </summary>
internal sealed record EdgeDocument(long RequestsInFlight, double? InvalidationLagSeconds, bool MayServeCached, double UsageLagSeconds);
