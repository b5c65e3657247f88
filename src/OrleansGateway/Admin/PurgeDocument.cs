namespace OrleansGateway.Admin;

/// <summary>
/// What is to be invalidated: at least one selector. <c>Tenant</c> none is all tenants, and what they share; of a caller bound to a tenant, that tenant. <c>Mode</c> is <c>hard</c>,
/// which is what it is if it is left out, or <c>soft</c>.
/// </summary>
internal sealed record PurgeRequest(
    string? Tenant, IReadOnlyList<string>? Tags, IReadOnlyList<string>? Urls, IReadOnlyList<string>? Prefixes, IReadOnlyList<string>? Hosts, IReadOnlyList<string>? Groups, bool? All,
    string? Mode);

/// <summary>
/// What was invalidated. <c>Applied</c> is true: no answer that this selects, and that was fetched before, is given any more. <c>Sequence</c> is its place in the tenant's sequence, or
/// the last of them if it is for all.
/// </summary>
internal sealed record PurgeDocument(long Sequence, bool Applied, string? Tenant, string Mode, IReadOnlyList<string> Selectors);

/// <summary>
/// What became of an event. <c>Outcome</c> is <c>applied</c>, <c>repeated</c> (it was applied before, under the same id) or <c>nothing</c>, and then <c>Reason</c> says why it
/// invalidates nothing.
/// </summary>
internal sealed record EventOutcomeDocument(string Outcome, string? Reason, long? Sequence, string? Tenant, string? Mode, IReadOnlyList<string>? Selectors);

/// <summary>A message that was refused. <c>Body</c> is its beginning, as text; <c>Retriable</c> says whether all of it was kept.</summary>
internal sealed record ParkedDocument(
    long Number, string Source, DateTimeOffset At, string Code, string Reason, IReadOnlyDictionary<string, string> Headers, long BodyBytes, bool? Retriable, string? Body);

/// <summary>Some refused messages, oldest first; <c>NextCursor</c> asks for the next page, and is none on the last. <c>Total</c> is how many are kept.</summary>
internal sealed record ParkedListDocument(IReadOnlyList<ParkedDocument> Messages, long Total, string? NextCursor);
