namespace OrleansGateway.Caching.Figures;

/// <summary>
/// Why answers were not stored, or went: the last for each of some thousand keys. A fixed table without locks: where two keys meet, the later one stands.
/// </summary>
internal sealed class RecentDecisions
{
    private const int Places = 1 << 12;

    /// <summary>Longer URLs are not remembered, so that the table stays below some 20 MB whatever is asked for.</summary>
    private const int UrlLengthMax = 1024;

    private readonly Decision?[] _places = new Decision?[Places];

    /// <param name="key">Under what it would be stored.</param>
    /// <param name="why">A word of <c>Cache-Status</c>'s detail.</param>
    /// <param name="status">Status of the origin's answer.</param>
    /// <param name="at">When.</param>
    public void Note(in CacheKey key, string why, int status, DateTimeOffset at)
    {
        if (key.Target.Length <= UrlLengthMax) Volatile.Write(ref _places[PlaceOf(key)], new Decision(key, why, status, at));
    }

    public Decision? Find(in CacheKey key) => Volatile.Read(ref _places[PlaceOf(key)]) is { } decision && decision.Key.Equals(key) ? decision : null;

    // The hash is random for each process: nobody can aim at a place.
    private static int PlaceOf(in CacheKey key) => (int)((uint)key.GetHashCode() % Places);
}

/// <summary>What was decided of an answer.</summary>
internal sealed record Decision(CacheKey Key, string Why, int Status, DateTimeOffset At);
