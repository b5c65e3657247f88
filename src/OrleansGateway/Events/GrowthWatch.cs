namespace OrleansGateway.Events;

/// <summary>Finds by looking again and again which streams have something new, whoever has added it. The first look finds all streams. Not for many threads at once.</summary>
internal sealed class GrowthWatch(IEventStore store)
{
    private Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private long _mark;

    /// <summary>Tenants whose streams have grown since the last look, or in which a webhook was moved; the empty text stands for none. Throws <see cref="EventStoreException"/>.</summary>
    public async ValueTask<IReadOnlyList<string>> LookAsync(CancellationToken cancellation)
    {
        var grown = await store.GrownAsync(_mark, cancellation);
        // The store may tell of some that were told of already, not of more than these.
        var changed = grown.Streams.Where(s => !_seen.TryGetValue(s.Tenant ?? "", out var mark) || mark != s.Mark).Select(static s => s.Tenant ?? "").ToArray();
        _seen = grown.Streams.ToDictionary(static s => s.Tenant ?? "", static s => s.Mark, StringComparer.Ordinal);
        _mark = grown.Next;
        return changed;
    }
}
