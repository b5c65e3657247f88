namespace OrleansGateway.Caching.Figures;

/// <summary>What a key is hot by.</summary>
internal enum HotBy : byte
{
    Requests,

    /// <summary>Bytes given to clients that no upstream was asked for.</summary>
    Bytes,
    Misses,
}

/// <summary>
/// The URLs that were asked for most, by three measures. Misses are all counted; of hits one in <see cref="HitsPerSample"/> is, for so many, so that a hit pays next to nothing.
/// </summary>
internal sealed class HotKeys
{
    /// <summary>How many hits one that is looked at stands for.</summary>
    public const int HitsPerSample = 16;

    /// <summary>Most URLs that are watched, of each measure.</summary>
    public const int KeysMax = 50;

    /// <summary>Longer URLs are not watched: what is kept is to stay small whatever is asked for.</summary>
    private const int UrlLengthMax = 1024;

    private readonly Lazy<SpaceSaving<HotKey>> _requests = new(static () => new SpaceSaving<HotKey>(KeysMax));
    private readonly Lazy<SpaceSaving<HotKey>> _bytes = new(static () => new SpaceSaving<HotKey>(KeysMax));
    private readonly Lazy<SpaceSaving<HotKey>> _misses = new(static () => new SpaceSaving<HotKey>(KeysMax));

    [ThreadStatic]
    private static uint s_draw;

    /// <summary>A hit. One that would have to wait for another is not looked at.</summary>
    public void Hit(in CacheKey key, long bytes)
    {
        // Drawn, not counted off: requests that come in a fixed round would hide from a count. Any start does (Numerical Recipes' generator; its high bits are the good ones).
        s_draw = (s_draw * 1_664_525) + 1_013_904_223;
        if (s_draw >> 28 != 0 || key.Target.Length > UrlLengthMax) return;
        var hot = new HotKey(key.Scheme, key.Host, key.Target);
        _requests.Value.TryAdd(hot, HitsPerSample);
        if (bytes > 0) _bytes.Value.TryAdd(hot, bytes * HitsPerSample);
    }

    public void Miss(in CacheKey key)
    {
        if (key.Target.Length > UrlLengthMax) return;
        var hot = new HotKey(key.Scheme, key.Host, key.Target);
        _requests.Value.Add(hot, 1);
        _misses.Value.Add(hot, 1);
    }

    /// <summary>The hottest first.</summary>
    public IReadOnlyList<Heavy<HotKey>> List(HotBy by) =>
        (by switch { HotBy.Requests => _requests, HotBy.Bytes => _bytes, _ => _misses }) is { IsValueCreated: true, Value: var sketch } ? sketch.List() : [];
}

/// <summary>A URL as clients call it.</summary>
internal readonly record struct HotKey(string Scheme, string Host, string Target)
{
    public string Url => Scheme + "://" + Host + Target;
}
