namespace OrleansGateway.Configuration;

/// <summary>Room for the answers that routes with <c>cache</c> or <c>model_cache</c> keep.</summary>
public sealed record CacheStoreSettings
{
    /// <summary>
    /// Memory for stored answers, their headers and what finds them included. 1 MiB to 1024 GiB; default 256 MiB. What does not fit goes, that least often asked for
    /// first. Read at start only.
    /// </summary>
    [Range(typeof(ByteSize), "1MiB", "1024GiB")]
    public ByteSize Memory { get; init; } = ByteSize.FromMebibytes(256);

    /// <summary>
    /// Largest answer that is stored. 1 KiB to 1 GiB; default 1 MiB. Larger ones pass through, and requests for them are not collapsed into one.
    /// </summary>
    [Range(typeof(ByteSize), "1KiB", "1GiB")]
    public ByteSize ObjectMax { get; init; } = ByteSize.FromMebibytes(1);

    /// <summary>Disk for answers that are too large for memory or had to leave it; default none.</summary>
    public CacheDiskSettings? Disk { get; init; }

    /// <summary>A Redis in which the edges of a cluster share what they store; default none. Only with <c>cluster</c>.</summary>
    public SecondLevelSettings? SecondLevel { get; init; }

    /// <summary>
    /// Memory for the answers of models that routes with <c>model_cache</c> keep, apart from <c>memory</c>, so that pages cannot push out what costs money to make
    /// again. 1 MiB to 1024 GiB; default 64 MiB. Read at start only.
    /// </summary>
    [Range(typeof(ByteSize), "1MiB", "1024GiB")]
    public ByteSize ModelMemory { get; init; } = ByteSize.FromMebibytes(64);
}

/// <summary>
/// Keeps answers on a local disk: those too large for memory, and those that had to leave it and were asked for more than once. They come back after a restart. Not with
/// <c>cluster</c>. Read at start only.
/// </summary>
public sealed record CacheDiskSettings
{
    /// <summary>
    /// Folder for them, which is made if it is missing; relative to that of the configuration. One gateway only may use it, and nothing else may be kept in it. What is stored is not encrypted; only the
    /// gateway's user may read it.
    /// </summary>
    [Required]
    [MinLength(1)]
    public string Path { get; init; } = "";

    /// <summary>
    /// Most bytes of all files. 1 MiB to 65536 GiB; default 10 GiB. What does not fit goes, that first which nobody has asked for of late. About 0.7 KiB of memory
    /// is needed for each answer on disk, besides <c>memory</c>.
    /// </summary>
    [Range(typeof(ByteSize), "1MiB", "65536GiB")]
    public ByteSize Size { get; init; } = ByteSize.FromMebibytes(10 * 1024);

    /// <summary>Largest answer that is stored at all. 1 KiB to 1024 GiB; default 1 GiB. Those over <c>cache.object_max</c> are on disk only.</summary>
    [Range(typeof(ByteSize), "1KiB", "1024GiB")]
    public ByteSize ObjectMax { get; init; } = ByteSize.FromMebibytes(1024);
}

/// <summary>
/// What one edge of a cluster has stored the others find in Redis before they ask the upstream, and so does one that has just started. Answers of routes with <c>cache</c>; not those of
/// models. Redis is asked for nothing but bytes: what is invalid each edge knows itself, and goes on without it while it is down. What is stored is not encrypted. Read at start only.
/// </summary>
public sealed record SecondLevelSettings
{
    /// <summary>
    /// Where, as StackExchange.Redis takes it: <c>host:port,password=…,ssl=true</c>. Write it as <c>${VARIABLE}</c> or <c>file:path</c>. Default: that of <c>cluster.redis</c>. Give one of its own that
    /// much is stored in a bound (<c>maxmemory</c>) and let it evict what is used least (<c>allkeys-lfu</c>); the one with the members must not.
    /// </summary>
    public Secret? Redis { get; init; }

    /// <summary>Certificates of the authorities that the certificate of Redis must come from, as PEM, written <c>file:path</c>. Default: none, the system's; or those of <c>cluster.redis_ca</c> with its Redis.</summary>
    public Secret? RedisCa { get; init; }

    /// <summary>Largest answer that is shared. 1 KiB to 16 MiB; default 256 KiB. Each goes over the network whole.</summary>
    [Range(typeof(ByteSize), "1KiB", "16MiB")]
    public ByteSize ObjectMax { get; init; } = ByteSize.FromKibibytes(256);

    /// <summary>Longest time for which an answer is kept there, fresh as it may be longer. 1 s to 30 days; default 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan KeptMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Longest time that a request waits for Redis before the upstream is asked. 1 ms to 5 s; default 50 ms. An edge that has waited in vain asks Redis nothing for a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:05")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How many invalidations from before its start an edge brings to mind, to judge by them what others have stored: what is older than they are is not used. 0 to 1,000,000, which is as many as
    /// the cluster keeps; default 100,000. A start waits for them, some 5 s for each million.
    /// </summary>
    [Range(0, 1_000_000)]
    public int Remembers { get; init; } = 100_000;
}

/// <summary>
/// Stores the upstream's answers and gives them to later requests, as the upstream allows it (RFC 9111): what says nothing about caching, or says not to, is not
/// stored.
/// </summary>
public sealed record CacheSettings
{
    /// <summary>
    /// Who shares what is stored: <c>tenant</c>, the callers of one tenant; <c>user</c>, the requests of one user, or of one key where there is no user;
    /// <c>public</c>, all. Default <c>tenant</c>. With <c>public</c> one tenant sees what another's request has fetched: only for content that is the same for all.
    /// </summary>
    [ShortForm]
    public CacheScope Scope { get; init; }

    /// <summary>
    /// What is made of a request's own <c>Cache-Control</c>: <c>honour</c> does as it says (RFC 9111 §5.2.1), <c>ignore</c> does not, so that no caller can send
    /// requests to the upstream at will. Default <c>honour</c>.
    /// </summary>
    public RequestDirectiveUse RequestDirectives { get; init; }

    /// <summary>
    /// What is made of answers with <c>Set-Cookie</c>: <c>explicit</c> stores those that say they are for shared caches (<c>public</c>, <c>s-maxage</c>, or a field for
    /// gateways), <c>always</c> stores them like others, <c>never</c> stores none. Default <c>explicit</c>. With <c>always</c> one caller may get another's session.
    /// </summary>
    public CookieAnswers SetCookie { get; init; }

    /// <summary>
    /// Which answers that do not say how long they are good, but when they were changed last, are kept for a tenth of the time since, at most a day (RFC 9111 §4.2.2):
    /// <c>success</c>, those that succeed or redirect for good; <c>all</c>, errors too (404, 405, 410, 414, 501); <c>none</c>. Default <c>success</c>.
    /// </summary>
    public HeuristicUse Heuristics { get; init; }

    /// <summary>
    /// How long after it has gone stale an answer may be given at once, while a new one is fetched, where the answer does not say itself
    /// (<c>stale-while-revalidate</c>, RFC 5861). 0 s to 30 days; default 0 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan StaleWhileRevalidate { get; init; }

    /// <summary>
    /// How long after it has gone stale an answer may be given when the upstream fails (no answer, or 500, 502, 503, 504), where the answer does not say itself
    /// (<c>stale-if-error</c>, RFC 5861). Never where it forbids it (<c>must-revalidate</c>). 0 s to 30 days; default 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What is done while the gateway may have missed an invalidation, because it has not heard of late from where they are numbered: <c>pass</c>, the upstream is asked as if nothing were
    /// stored; <c>revalidate</c>, the upstream confirms what is stored, which saves it the bodies; <c>serve</c>, what is stored is given, with <c>detail=suspect</c> in <c>Cache-Status</c>.
    /// Default <c>pass</c>. With <c>serve</c> what has been purged may be given as long as the gateway is cut off. A gateway on one machine is never in doubt.
    /// </summary>
    public SuspectUse WhenSuspect { get; init; }

    /// <summary>
    /// Ids of the keys that may send <c>PURGE</c> to the route: what is stored of that URL is then given no more, or with <c>Fastly-Soft-Purge: 1</c> only once the upstream has confirmed it.
    /// Only of the key's own tenant; with <c>scope: public</c>, of what all share. Default: none, and the method goes to the upstream as any other.
    /// </summary>
    [MaxLength(64)]
    public IReadOnlyList<string> PurgeKeys { get; init; } = [];

    /// <summary>
    /// Tags that all answers of the route are stored with, by which they can be purged. <c>{name}</c> stands for what the route's path matched:
    /// <c>product-{id}</c>. Default: none besides those that answers name.
    /// </summary>
    [MaxLength(16)]
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>What is made of stored answers while invalidations may have been missed.</summary>
public enum SuspectUse
{
    /// <summary>Nothing: the upstream is asked.</summary>
    Pass,

    /// <summary>The upstream confirms them.</summary>
    Revalidate,

    /// <summary>They are given.</summary>
    Serve,
}

/// <summary>Who shares what is stored.</summary>
public enum CacheScope
{
    /// <summary>The callers of one tenant.</summary>
    Tenant,

    /// <summary>The requests of one user, or of one key.</summary>
    User,

    /// <summary>All.</summary>
    Public,
}

/// <summary>What is made of a request's own <c>Cache-Control</c>.</summary>
public enum RequestDirectiveUse
{
    /// <summary>What it says.</summary>
    Honour,

    /// <summary>Nothing.</summary>
    Ignore,
}

/// <summary>Which answers are kept for a time that is guessed.</summary>
public enum HeuristicUse
{
    /// <summary>Those that succeed, or redirect for good.</summary>
    Success,

    /// <summary>Errors too.</summary>
    All,

    /// <summary>None.</summary>
    None,
}

/// <summary>What is made of answers with <c>Set-Cookie</c>.</summary>
public enum CookieAnswers
{
    /// <summary>Stored if they say that they are for shared caches.</summary>
    Explicit,

    /// <summary>Stored like others.</summary>
    Always,

    /// <summary>Not stored.</summary>
    Never,
}
