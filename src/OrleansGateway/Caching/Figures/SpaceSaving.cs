namespace OrleansGateway.Caching.Figures;

/// <summary>
/// The keys with the greatest sums in a stream, in fixed memory (Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005): a new key takes
/// the place of the smallest, and begins at its sum. No key whose true sum exceeds all / <paramref name="max"/> is missing, and a sum is at most that much too great.
/// </summary>
/// <param name="max">Most keys held.</param>
internal sealed class SpaceSaving<TKey>(int max)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, int> _places = new(max);
    private readonly Heavy<TKey>[] _kept = new Heavy<TKey>[max];

    public void Add(in TKey key, long weight)
    {
        lock (_lock) AddUnderLock(key, weight);
    }

    /// <summary>The same, unless another is at it.</summary>
    public void TryAdd(in TKey key, long weight)
    {
        if (!_lock.TryEnter()) return;
        try
        {
            AddUnderLock(key, weight);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>The greatest first.</summary>
    public IReadOnlyList<Heavy<TKey>> List()
    {
        lock (_lock) return [.. _kept.Take(_places.Count).OrderByDescending(static heavy => heavy.Sum)];
    }

    private void AddUnderLock(in TKey key, long weight)
    {
        if (_places.TryGetValue(key, out var place))
        {
            _kept[place] = _kept[place] with { Sum = _kept[place].Sum + weight };
            return;
        }

        if (_places.Count < max)
        {
            place = _places.Count;
            _kept[place] = new Heavy<TKey>(key, weight, 0);
        }
        else
        {
            // A look at all of them: they are few, and it is the rare case where it matters.
            for (var i = 1; i < max; i++)
            {
                if (_kept[i].Sum < _kept[place].Sum) place = i;
            }

            var least = _kept[place];
            _places.Remove(least.Key);
            _kept[place] = new Heavy<TKey>(key, least.Sum + weight, least.Sum);
        }

        _places.Add(key, place);
    }
}

/// <param name="Key">The key.</param>
/// <param name="Sum">Its sum, which may be too great.</param>
/// <param name="OverMax">By so much at most.</param>
internal readonly record struct Heavy<TKey>(TKey Key, long Sum, long OverMax);
