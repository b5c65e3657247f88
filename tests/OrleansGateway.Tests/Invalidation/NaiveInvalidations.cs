using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>All invalidations there ever were, looked through one by one: what the table must agree with.</summary>
internal sealed class NaiveInvalidations
{
    private readonly List<NumberedInvalidation> _all = [];

    public long Applied => _all.Count;

    public NumberedInvalidation Next(IReadOnlyList<Selector> selectors, InvalidationMode mode)
    {
        _all.Add(new(null, _all.Count + 1, selectors, mode));
        return _all[^1];
    }

    /// <summary>Numbers of the hard ones behind a place that have only what makes no prefix and no end of all.</summary>
    public IEnumerable<long> HardBehind(long place) => _all.Skip((int)place)
        .Where(static one => one.Mode == InvalidationMode.Hard && !one.Selectors.Any(static selector => selector.Kind is SelectorKind.All or SelectorKind.Prefix)).Select(static one => one.Seq);

    public bool IsTouched(NaiveEntry entry, long butBy) => _all.Skip((int)entry.FillSeq).Any(one => one.Seq != butBy && one.Selectors.Any(entry.IsSelectedBy));

    public Standing StandingOf(NaiveEntry entry)
    {
        var standing = Standing.Valid;
        foreach (var one in _all.Skip((int)entry.FillSeq))
        {
            if (!one.Selectors.Any(entry.IsSelectedBy)) continue;
            if (one.Mode == InvalidationMode.Hard) return Standing.Gone;
            standing = Standing.Soft;
        }

        return standing;
    }
}

/// <summary>Something stored, as the naive table sees it.</summary>
internal sealed record NaiveEntry(string Host, string Url, IReadOnlyList<Selector> Tags, long FillSeq)
{
    public bool IsSelectedBy(Selector selector) => selector.Kind switch
    {
        SelectorKind.All => true,
        SelectorKind.Host => selector.Value == Host,
        SelectorKind.Url => selector.Value == Url,
        SelectorKind.Prefix => Url.StartsWith(selector.Value, StringComparison.Ordinal),
        _ => Tags.Contains(selector),
    };
}
