using OrleansGateway.Http;

namespace OrleansGateway.Caching.Figures;

/// <summary>What caches have done for one tenant on one route since the start. Many threads add to it at once, without a lock; all numbers only grow.</summary>
/// <param name="tenant">Id of the tenant; empty for callers without one.</param>
/// <param name="route">Id of the route.</param>
internal sealed class CacheTally(string tenant, string route)
{
    private const int MinutesKept = 60;

    private readonly long[] _answers = new long[(int)CacheUse.Bypass + 1];
    private readonly long[] _models = new long[(int)CacheUse.Bypass + 1];
    private readonly CacheSums[] _minutes = new CacheSums[MinutesKept];
    private long _storeBytes;
    private long _savedBytes;
    private long _stored;
    private long _savedTokens;
    private long _savedNanoUsd;
    private int _minutesSeen;

    public string Tenant => tenant;

    public string Route => route;

    /// <summary>The keys asked for most.</summary>
    public HotKeys Keys { get; } = new();

    /// <summary>A request was answered.</summary>
    public void Asked(CacheUse use) => Interlocked.Increment(ref _answers[(int)use]);

    /// <summary>A model call was answered.</summary>
    public void AskedModel(CacheUse use) => Interlocked.Increment(ref _models[(int)use]);

    /// <summary>Bytes of a body came from the store.</summary>
    public void GaveStored(long bytes)
    {
        Interlocked.Add(ref _storeBytes, bytes);
        Interlocked.Add(ref _savedBytes, bytes);
    }

    /// <summary>Bytes of a body came from the fetch of another request.</summary>
    public void GaveShared(long bytes) => Interlocked.Add(ref _savedBytes, bytes);

    public void Stored() => Interlocked.Increment(ref _stored);

    /// <summary>A provider was not asked.</summary>
    /// <param name="tokens">Tokens of the answer.</param>
    /// <param name="nanoUsd">What the tenant would have been billed, in nano-dollars.</param>
    public void Saved(long tokens, long nanoUsd)
    {
        Interlocked.Add(ref _savedTokens, tokens);
        Interlocked.Add(ref _savedNanoUsd, nanoUsd);
    }

    /// <summary>All since the start.</summary>
    public CacheSums Sums() => new()
    {
        Answers = [.. _answers],
        Models = [.. _models],
        StoreBytes = Volatile.Read(ref _storeBytes),
        SavedBytes = Volatile.Read(ref _savedBytes),
        Stored = Volatile.Read(ref _stored),
        SavedTokens = Volatile.Read(ref _savedTokens),
        SavedNanoUsd = Volatile.Read(ref _savedNanoUsd),
    };

    /// <summary>Since so many full minutes ago, with what has come of the present one; as far as it goes back.</summary>
    /// <param name="minutes">1 to 60.</param>
    public CacheSums Last(int minutes)
    {
        var now = Sums();
        lock (_minutes)
        {
            return _minutesSeen < minutes ? now : now.Less(_minutes[(_minutesSeen - minutes) % MinutesKept]);
        }
    }

    /// <summary>A minute is over. Called by one clock.</summary>
    public void MinuteOver()
    {
        var now = Sums();
        lock (_minutes) _minutes[_minutesSeen++ % MinutesKept] = now;
    }
}
