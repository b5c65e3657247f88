namespace OrleansGateway.Caching.Reading;

/// <summary>
/// What the cache would make of a request now. <c>Verdict</c> is <c>hit</c>, <c>stale</c> (given, and refreshed meanwhile), <c>revalidate</c> (the upstream must confirm it), <c>miss</c>,
/// <c>bypass</c>, or <c>no_cache</c> and <c>no_route</c> where none has to do with it; <c>Reason</c> says why. <c>Sequence</c> is the last invalidation that was applied.
/// </summary>
internal sealed record CacheExplanationDocument(
    string Url, string Verdict, string Reason, string? Route, string? Upstream, string? Tenant, string? Scope, CacheKeyDocument? Key, long? Sequence,
    IReadOnlyList<CacheEntryDocument> Entries, CacheDecisionDocument? LastNotStored, CachePurgeDocument? LastPurge)
{
    /// <summary>None where no cache has to do with the request.</summary>
    public static CacheExplanationDocument None(string url, string verdict, string reason, string? route, string? tenant) =>
        new(url, verdict, reason, route, null, tenant, null, null, null, [], null, null);
}

/// <summary>By what answers are found again: who shares them, what the client asks for, and what the upstream receives.</summary>
internal sealed record CacheKeyDocument(string SharedBy, string Scheme, string Host, string Target, string? UpstreamHost, string UpstreamTarget);

/// <summary>
/// A stored answer. <c>Matches</c> says whether it is for this request, <c>Level</c> where it stands: <c>memory</c>, <c>disk</c> or <c>second_level</c>. <c>Standing</c> is <c>valid</c>,
/// <c>soft</c> (to be confirmed: a soft purge) or <c>gone</c>. Times are seconds; <c>Ttl</c> is below zero if it is stale. <c>Sequence</c> is the last invalidation that had been applied when the
/// upstream was asked: a later one that selects it makes it invalid.
/// </summary>
internal sealed record CacheEntryDocument(
    bool Matches, string Level, int Status, long Bytes, string? Part, string Standing, long Age, long Lifetime, long Ttl, bool MustRevalidate, long StaleWhileRevalidate, long StaleIfError,
    string? EntityTag, IReadOnlyList<CacheVaryDocument> Vary, IReadOnlyList<string> SelectedBy, long Sequence, CachePurgeDocument? PurgedBy);

/// <summary>A field of requests that an answer is told apart by. <c>Stored</c> is what the upstream got with the request that brought it, <c>Now</c> what it would get; none for no such field.</summary>
internal sealed record CacheVaryDocument(string Field, string? Stored, string? Now);

/// <summary>Why an answer was not stored the last time, in the words of <c>Cache-Status</c>.</summary>
internal sealed record CacheDecisionDocument(string Why, int Status, DateTimeOffset At);

/// <summary>An invalidation that selects what was asked about. <c>Source</c> is who asked for it.</summary>
internal sealed record CachePurgeDocument(long Sequence, string Mode, string Selector, string? Source, DateTimeOffset At);
