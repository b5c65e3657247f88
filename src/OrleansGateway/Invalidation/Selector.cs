namespace OrleansGateway.Invalidation;

/// <summary>What an invalidation goes by.</summary>
internal enum SelectorKind : byte
{
    /// <summary>All of a tenant.</summary>
    All,

    /// <summary>A host, as clients call it.</summary>
    Host,

    /// <summary>The beginning of a URL: host and path.</summary>
    Prefix,

    /// <summary>A URL: host, path and query.</summary>
    Url,

    /// <summary>A tag that answers carry.</summary>
    Tag,

    /// <summary>A group of RFC 9875: its origin, and its name.</summary>
    Group,
}

/// <summary>What is invalid, within one tenant. Hosts, prefixes and URLs are those of clients, without a scheme: who publishes knows no others.</summary>
internal readonly record struct Selector(SelectorKind Kind, string Value);

/// <summary>What an invalidation makes of what it selects.</summary>
internal enum InvalidationMode : byte
{
    /// <summary>Gone.</summary>
    Hard,

    /// <summary>Stale: to be confirmed by the origin, and given meanwhile only where stale answers are allowed.</summary>
    Soft,
}

/// <summary>One invalidation, in its place in a tenant's sequence.</summary>
internal sealed record Invalidation(string? Tenant, long Seq, IReadOnlyList<Selector> Selectors, InvalidationMode Mode);
