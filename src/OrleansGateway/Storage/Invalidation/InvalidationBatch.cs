using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Invalidations that are numbered together: each event once.</summary>
internal sealed class InvalidationBatch
{
    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);
    private readonly List<Entry> _asked = [];
    private readonly List<Entry> _added = [];

    /// <summary>Of the events among them.</summary>
    public IReadOnlyList<byte[]> Digests => [.. _asked.Where(static e => e.Digest is not null).Select(static e => e.Digest!)];

    /// <summary>Those that have got a number now, in order.</summary>
    public IReadOnlyList<Entry> Added => _added;

    public static InvalidationBatch Of(IReadOnlyList<InvalidationRequest> requests)
    {
        var batch = new InvalidationBatch();
        foreach (var request in requests)
        {
            var (tenant, selectors) = (request.Tenant ?? "", SelectorText.Of(request.Selectors));
            batch._asked.Add(new Entry(0, tenant, request.Mode, selectors, request.EventId is { } id ? EventDigest.Of(tenant, id, request.Mode, selectors) : null));
        }

        return batch;
    }

    /// <summary>Events that have been numbered before.</summary>
    public void AddKnown(IEnumerable<KnownEvent> known)
    {
        foreach (var one in known) _known[Convert.ToHexString(one.Digest)] = one.Position;
    }

    /// <summary>Numbers those that are new, behind that place.</summary>
    public IReadOnlyList<InvalidationReceipt> Number(long head) => [.. _asked.Select(entry =>
    {
        var digest = entry.Digest is null ? null : Convert.ToHexString(entry.Digest);
        if (digest is not null && _known.TryGetValue(digest, out var before)) return new InvalidationReceipt(before, IsRepeat: true);
        _added.Add(entry with { Position = ++head });
        if (digest is not null) _known[digest] = head;
        return new InvalidationReceipt(head);
    })];

    /// <summary>One as it is stored.</summary>
    internal sealed record Entry(long Position, string Tenant, InvalidationMode Mode, string Selectors, byte[]? Digest);
}

/// <summary>An event that has been numbered.</summary>
internal sealed record KnownEvent
{
    public byte[] Digest { get; init; } = [];

    public long Position { get; init; }
}
