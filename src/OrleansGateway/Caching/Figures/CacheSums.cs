using OrleansGateway.Http;

namespace OrleansGateway.Caching.Figures;

/// <summary>What caches have done in some time.</summary>
internal readonly record struct CacheSums
{
    public static CacheSums None => new() { Answers = new long[(int)CacheUse.Bypass + 1], Models = new long[(int)CacheUse.Bypass + 1] };

    /// <summary>Requests of routes with a cache, by <see cref="CacheUse"/>.</summary>
    public required long[] Answers { get; init; }

    /// <summary>Model calls of routes with a cache, likewise.</summary>
    public required long[] Models { get; init; }

    /// <summary>Bytes of bodies that clients got from the store.</summary>
    public long StoreBytes { get; init; }

    /// <summary>Bytes of bodies that clients got and no upstream was asked for: those, and those of shared fetches.</summary>
    public long SavedBytes { get; init; }

    /// <summary>Answers stored.</summary>
    public long Stored { get; init; }

    public long SavedTokens { get; init; }

    public long SavedNanoUsd { get; init; }

    public long Requests => Answers.Sum();

    public long ModelRequests => Models.Sum();

    /// <summary>Share of requests for which the upstream was not asked at all; none if there were no requests.</summary>
    public double? HitRatio => RatioOf(Answers);

    /// <summary>The same of model calls.</summary>
    public double? ModelHitRatio => RatioOf(Models);

    public long Of(CacheUse use) => Answers[(int)use];

    public long OfModels(CacheUse use) => Models[(int)use];

    public CacheSums And(in CacheSums other) => Less(None.Less(other));

    public CacheSums Less(in CacheSums before) => new()
    {
        Answers = [.. Answers.Zip(before.Answers, static (now, then) => now - then)],
        Models = [.. Models.Zip(before.Models, static (now, then) => now - then)],
        StoreBytes = StoreBytes - before.StoreBytes,
        SavedBytes = SavedBytes - before.SavedBytes,
        Stored = Stored - before.Stored,
        SavedTokens = SavedTokens - before.SavedTokens,
        SavedNanoUsd = SavedNanoUsd - before.SavedNanoUsd,
    };

    private static double? RatioOf(long[] uses) =>
        uses.Sum() is > 0 and var all ? (double)(uses[(int)CacheUse.Hit] + uses[(int)CacheUse.Stale] + uses[(int)CacheUse.Collapsed]) / all : null;
}
