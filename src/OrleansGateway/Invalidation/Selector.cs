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

    /// <summary>A group of RFC 9875: its origin, a space, and its name.</summary>
    Group,
}

/// <summary>
/// What is invalid, within one tenant. Hosts, prefixes and URLs are those of clients, without a scheme: who publishes knows no others. The <c>Of…</c> methods write them the
/// one way in which they are compared.
/// </summary>
internal readonly record struct Selector(SelectorKind Kind, string Value)
{
    /// <summary>Most characters of a tag, or of the name of a group.</summary>
    public const int TagLengthMax = 1024;

    /// <summary>Most characters of a URL or prefix.</summary>
    public const int UrlLengthMax = 8192;

    /// <summary>All of a tenant.</summary>
    public static Selector All { get; } = new(SelectorKind.All, "");

    /// <summary>None if the text cannot be a tag.</summary>
    public static Selector? OfTag(string tag) =>
        tag.Trim(' ') is { Length: > 0 and <= TagLengthMax } trimmed && !trimmed.AsSpan().ContainsAnyInRange('\0', '\u001f') ? new(SelectorKind.Tag, trimmed) : null;

    /// <summary>None if the text cannot be a host, with or without a port.</summary>
    public static Selector? OfHost(string host) => ClientUrl.HostOf(host) is { } known ? new(SelectorKind.Host, known) : null;

    /// <summary>None if the text cannot be a URL, with or without a scheme.</summary>
    public static Selector? OfUrl(string url) => ClientUrl.Of(url) is { } known ? new(SelectorKind.Url, known) : null;

    /// <summary>None if the text cannot be the beginning of a URL. It must hold the whole host.</summary>
    public static Selector? OfPrefix(string prefix) => ClientUrl.Of(prefix) is { } known ? new(SelectorKind.Prefix, known) : null;

    /// <summary>
    /// What is stored for several queries of a URL's path is selected by each URL of that path: a purge by one of them must reach it, whichever it was fetched for. More than are alike are, which
    /// costs a fetch. Not published: it follows from the URL. None that is written as URLs are has its last character.
    /// </summary>
    /// <param name="url">As <see cref="ClientUrl"/> has it.</param>
    public static Selector OfAnyQuery(string url) => new(SelectorKind.Url, (url.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? url[..query] : url) + "?\0");

    /// <summary>A group is its origin's own (RFC 9875 §2.1).</summary>
    public static Selector OfGroup(string origin, string name) => new(SelectorKind.Group, origin + " " + name);

    /// <summary>For people: <c>tag product-42</c>.</summary>
    public override string ToString() => Kind switch
    {
        SelectorKind.All => "all",
        SelectorKind.Host => "host " + Value,
        SelectorKind.Prefix => "prefix " + Value,
        SelectorKind.Url => "url " + Value,
        SelectorKind.Tag => "tag " + Value,
        _ => "group " + Value,
    };
}

/// <summary>What an invalidation makes of what it selects.</summary>
internal enum InvalidationMode : byte
{
    /// <summary>Gone.</summary>
    Hard,

    /// <summary>Stale: to be confirmed by the origin, and given meanwhile only where stale answers are allowed.</summary>
    Soft,
}

/// <summary>One invalidation, in its place in a tenant's sequence: the first is 1, and none is left out.</summary>
internal sealed record NumberedInvalidation(string? Tenant, long Seq, IReadOnlyList<Selector> Selectors, InvalidationMode Mode);
