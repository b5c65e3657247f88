using OrleansGateway.Caching.Figures;
using OrleansGateway.Http;
using OrleansGateway.Leases;

namespace OrleansGateway.Caching.Reading;

/// <summary>What caches have done since the start, by tenant and route, busiest first. <c>Store</c> and <c>ModelStore</c> are of all tenants; whoever is bound to one does not see them.</summary>
internal sealed record CacheStatsDocument(DateTimeOffset Since, CacheStoreDocument? Store, CacheStoreDocument? ModelStore, IReadOnlyList<CacheStatsRow> Rows, CacheStatsSums Total);

/// <summary>What a store holds now. <c>Entries</c> are URLs, or answers of models; <c>Evictions</c> those that had to go for want of room.</summary>
internal sealed record CacheStoreDocument(long Entries, long MemoryBytes, long MemoryBytesMax, long Evictions);

/// <summary>One tenant on one route: since the start, and over about the last minute and the last hour. Without <c>Tenant</c>: callers without one.</summary>
internal sealed record CacheStatsRow(string? Tenant, string Route, CacheStatsSums Total, CacheStatsSums LastMinute, CacheStatsSums LastHour);

/// <summary>
/// <c>HitRatio</c> is the share of requests for which no upstream was asked: hits, stale and collapsed ones. <c>StoreBytes</c> of bodies came from the store, <c>SavedBytes</c> with those that
/// another request's fetch has brought. <c>Model</c> is of answers of models; none where no call was made.
/// </summary>
internal sealed record CacheStatsSums(
    long Requests, long Hits, long Stale, long Revalidated, long Collapsed, long Misses, long Bypassed, double? HitRatio, long StoreBytes, long SavedBytes, long Stored, ModelCacheSums? Model)
{
    public static CacheStatsSums Of(in CacheSums sums) => new(
        sums.Requests, sums.Of(CacheUse.Hit), sums.Of(CacheUse.Stale), sums.Of(CacheUse.Revalidated), sums.Of(CacheUse.Collapsed), sums.Of(CacheUse.Miss), sums.Of(CacheUse.Bypass), Rounded(sums.HitRatio),
        sums.StoreBytes, sums.SavedBytes, sums.Stored, sums.ModelRequests == 0 ? null : new ModelCacheSums(
            sums.ModelRequests, sums.OfModels(CacheUse.Hit), sums.OfModels(CacheUse.Collapsed), sums.OfModels(CacheUse.Miss), sums.OfModels(CacheUse.Bypass), Rounded(sums.ModelHitRatio), sums.SavedTokens,
            NanoUsd.Format(sums.SavedNanoUsd), sums.SavedNanoUsd));

    private static double? Rounded(double? ratio) => ratio is { } known ? Math.Round(known, 4) : null;
}

/// <summary><c>Saved</c> is what tenants would have been billed, US dollars as an exact decimal in a text.</summary>
internal sealed record ModelCacheSums(long Requests, long Hits, long Collapsed, long Misses, long Bypassed, double? HitRatio, long SavedTokens, string Saved, long SavedNanoUsd);

/// <summary>The hottest URLs, by <c>requests</c>, <c>bytes</c> that no upstream was asked for, or <c>misses</c>. Hits are counted by samples, so that numbers are estimates.</summary>
internal sealed record CacheTopDocument(DateTimeOffset Since, string By, IReadOnlyList<CacheTopRow> Keys);

/// <summary><c>Count</c> may be too great by <c>OverMax</c> at most, and is off by chance besides.</summary>
internal sealed record CacheTopRow(string Url, string? Tenant, string Route, long Count, long OverMax);
