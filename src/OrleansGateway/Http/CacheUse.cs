namespace OrleansGateway.Http;

/// <summary>What the cache made of a request.</summary>
internal enum CacheUse : byte
{
    /// <summary>The route has none.</summary>
    None,

    /// <summary>Answered from what was stored.</summary>
    Hit,

    /// <summary>Answered from what was stored and stale, while a new answer is fetched or because none was to be had.</summary>
    Stale,

    /// <summary>Answered from what was stored, once the upstream had said that it still holds.</summary>
    Revalidated,

    /// <summary>Answered with what another request had fetched at that moment.</summary>
    Collapsed,

    /// <summary>Fetched from the upstream.</summary>
    Miss,

    /// <summary>Passed on: the cache has nothing to do with such a request.</summary>
    Bypass,
}

/// <summary>The words for it in logs and metrics. They are part of the API and never change.</summary>
internal static class CacheUseWords
{
    public static string? Word(this CacheUse use) => use switch
    {
        CacheUse.Hit => "hit",
        CacheUse.Stale => "stale",
        CacheUse.Revalidated => "revalidated",
        CacheUse.Collapsed => "collapsed",
        CacheUse.Miss => "miss",
        CacheUse.Bypass => "bypass",
        _ => null,
    };

    /// <summary>Whether what the client got came from the cache.</summary>
    public static bool IsServed(this CacheUse use) => use is CacheUse.Hit or CacheUse.Stale or CacheUse.Revalidated or CacheUse.Collapsed;
}
