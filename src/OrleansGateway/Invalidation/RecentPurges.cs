namespace OrleansGateway.Invalidation;

/// <summary>The last invalidations that were published here, newest first, for those who ask why something is gone. In memory; the oldest are forgotten.</summary>
internal sealed class RecentPurges
{
    private const int Max = 1_024;

    /// <summary>Most selectors kept of one: with all of a thousand each the memory would be that of a cache.</summary>
    private const int SelectorsMax = 100;

    private readonly Lock _lock = new();
    private readonly Queue<RecentPurge> _purges = new(Max);

    public void Add(InvalidationRequest request, long seq, DateTimeOffset at)
    {
        var purge = new RecentPurge(request.Tenant, seq, request.Mode, [.. request.Selectors.Take(SelectorsMax)], request.Source, at);
        lock (_lock)
        {
            if (_purges.Count == Max) _purges.Dequeue();
            _purges.Enqueue(purge);
        }
    }

    /// <summary>The last one of a tenant that selects something, and by what; none if there is none.</summary>
    /// <param name="tenant">Whose; none for what is everybody's.</param>
    /// <param name="url">Host, path and query as <see cref="ClientUrl"/> has them.</param>
    /// <param name="others">Host, URL, tags and groups.</param>
    public (RecentPurge Purge, Selector By)? Find(string? tenant, string url, IReadOnlySet<Selector> others)
    {
        RecentPurge[] all;
        lock (_lock) all = [.. _purges];
        foreach (var purge in all.Reverse().Where(purge => purge.Tenant == tenant))
        {
            foreach (var selector in purge.Selectors)
            {
                var isMatch = selector.Kind switch
                {
                    SelectorKind.All => true,
                    SelectorKind.Prefix => url.StartsWith(selector.Value, StringComparison.Ordinal),
                    _ => others.Contains(selector),
                };
                if (isMatch) return (purge, selector);
            }
        }

        return null;
    }
}

/// <param name="Tenant">Whose; none for what is everybody's.</param>
/// <param name="Seq">Its place in that tenant's sequence.</param>
/// <param name="Mode">What it made of what it selects.</param>
/// <param name="Selectors">What it selects, or the first hundred of it.</param>
/// <param name="Source">Who asked for it.</param>
/// <param name="At">When it was applied.</param>
internal sealed record RecentPurge(string? Tenant, long Seq, InvalidationMode Mode, IReadOnlyList<Selector> Selectors, string Source, DateTimeOffset At);
