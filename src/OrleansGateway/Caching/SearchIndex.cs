using OrleansGateway.Caching.Terms;

namespace OrleansGateway.Caching;

/// <summary>
/// Which queries are alike, by what answers of the same path have said last (<c>No-Vary-Search</c>). A fixed table without locks: where two paths meet, the later one stands, and what the other
/// has said is forgotten until it says it again.
/// </summary>
internal sealed class SearchIndex
{
    private const int Places = 1 << 13;

    private readonly Entry?[] _places = new Entry?[Places];
    private volatile bool _isUsed;

    /// <summary>Where answers for the same are stored, if any has said that others are; one look, whatever is stored.</summary>
    public CacheKey? Alike(in CacheKey key)
    {
        if (!_isUsed) return null;
        var path = key.WithoutQuery();
        return Volatile.Read(ref PlaceOf(path)) is { } entry && entry.Path.Equals(path) ? key.Alike(entry.Variance) : null;
    }

    public void Note(in CacheKey key, SearchVariance variance)
    {
        var path = key.WithoutQuery();
        ref var place = ref PlaceOf(path);
        if (place is not { } known || !known.Path.Equals(path) || known.Variance.Text != variance.Text) Volatile.Write(ref place, new Entry(path, variance));
        _isUsed = true;
    }

    private ref Entry? PlaceOf(in CacheKey path) => ref _places[(uint)path.GetHashCode() % Places];

    private sealed record Entry(CacheKey Path, SearchVariance Variance);
}
