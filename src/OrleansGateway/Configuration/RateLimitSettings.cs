namespace OrleansGateway.Configuration;

/// <summary>
/// A limit on how much may be done in a time. A request must fit into every limit that applies to it, or it is refused and changes none of them. Several limits
/// and several times on one level are several entries.
/// </summary>
public sealed record RateLimitSettings
{
    /// <summary>
    /// What has a limit of its own, each combination of these: <c>tenant</c>, <c>team</c>, <c>user</c>, <c>key</c>, <c>ip</c>, <c>model</c>, <c>provider</c>,
    /// <c>route</c>, <c>header:NAME</c>, <c>tag:NAME</c> (a label of the caller). Default: none, all requests share one. Without a team (a user, a key …) the
    /// limit does not apply; requests without the header or label share one.
    /// </summary>
    [MaxLength(8)]
    public IReadOnlyList<string> Per { get; init; } = [];

    /// <summary>Which requests it applies to. Default: all.</summary>
    public RuleMatchSettings Match { get; init; } = new();

    /// <summary>
    /// What is counted: <c>requests</c> by weight, <c>input_tokens</c>, <c>output_tokens</c>, <c>tokens</c> (both), <c>cost</c> in USD, or <c>concurrency</c>,
    /// requests in flight by weight. Default <c>requests</c>. Tokens and cost are held at their worst case and settled with what was used.
    /// </summary>
    public RateLimitCount Count { get; init; } = RateLimitCount.Requests;

    /// <summary>
    /// How it fills: <c>token_bucket</c> steadily, up to <c>burst</c>; <c>gcra</c> the same, spaced evenly unless <c>burst</c> says otherwise;
    /// <c>leaky_bucket</c> like that, and requests wait for their turn; <c>fixed_window</c> is whole again at the start of each window; <c>sliding_window</c>
    /// allows the limit in any stretch as long as the window. Default <c>token_bucket</c>. Not with <c>count: concurrency</c>.
    /// </summary>
    public RateLimitAlgorithm Algorithm { get; init; } = RateLimitAlgorithm.TokenBucket;

    /// <summary>
    /// How much in one <c>window</c>, or at once for <c>concurrency</c>: a whole number, or USD such as <c>12.50</c> for <c>cost</c>; 0 refuses all,
    /// <c>unlimited</c> none.
    /// </summary>
    [Required]
    public Quantity? Limit { get; init; }

    /// <summary>
    /// The time that <c>limit</c> is for: a duration such as <c>1m</c>, or, with <c>fixed_window</c>, <c>minute</c>, <c>hour</c>, <c>day</c>, <c>week</c> or
    /// <c>month</c> of the calendar. Default <c>1m</c>.
    /// </summary>
    public LimitWindow Window { get; init; } = new(TimeSpan.FromMinutes(1));

    /// <summary>Time zone of calendar windows, by its IANA name such as <c>Europe/Berlin</c>. Default <c>UTC</c>.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>
    /// When the windows of <c>fixed_window</c> begin: <c>calendar</c>, at the same instants for everyone; <c>first_use</c>, with the first request after the
    /// one before has ended. Default <c>calendar</c>. <c>first_use</c> takes a duration.
    /// </summary>
    public WindowAlignment Align { get; init; } = WindowAlignment.Calendar;

    /// <summary>
    /// Most that may be had at once. Default: <c>limit</c> for <c>token_bucket</c>, 1 for <c>gcra</c> and <c>leaky_bucket</c>. Not with windows. Too small
    /// refuses honest bursts.
    /// </summary>
    public Quantity? Burst { get; init; }

    /// <summary>
    /// What becomes of a request that does not fit now: <c>reject</c>, <c>queue</c> (it waits until there is room), or <c>shape</c> (it is put off to its own
    /// instant). Default <c>reject</c>; <c>shape</c> for <c>leaky_bucket</c>.
    /// </summary>
    public OnLimit? OnLimit { get; init; }

    /// <summary>
    /// Longest that a request waits with <c>queue</c> or <c>shape</c>; one that would wait longer is refused at once. 1 ms to 5 minutes; default 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Most requests that wait at once for one account; those beyond are refused. 1 to 100,000; default 1,000. Each holds a connection and its body.
    /// </summary>
    [Range(1, 100_000)]
    public int QueueMax { get; init; } = 1_000;

    /// <summary>Shares of the limit kept for requests of a priority (that of their route) as long as those do not use them. Default: none.</summary>
    public FloorSettings Floors { get; init; } = new();

    /// <summary>Whether it only counts, and says in metrics what it would have refused. Default false.</summary>
    public bool Shadow { get; init; }

    /// <summary>Other limits for a time. Of those in force the first counts. Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyList<BoostSettings> Boosts { get; init; } = [];

    /// <summary>Other limits for some. The first that matches counts. Default: none. They go by what stands in <c>per</c>.</summary>
    [MaxLength(1024)]
    public IReadOnlyList<RateLimitOverrideSettings> Overrides { get; init; } = [];

    /// <summary>
    /// Bits of an IPv4 address that <c>ip</c> goes by. 8 to 32; default 32: the address. 24 puts a network of 256 together.
    /// </summary>
    [Range(8, 32)]
    public int Ipv4Prefix { get; init; } = 32;

    /// <summary>
    /// Bits of an IPv6 address that <c>ip</c> goes by. 16 to 128; default 64: what one customer of a provider has. With 128 anyone has 2^64 addresses to try.
    /// </summary>
    [Range(16, 128)]
    public int Ipv6Prefix { get; init; } = 64;

    /// <summary>Most accounts of this rule in use at once on one machine. 1 to 10,000,000; default 1,000,000. Each takes some 400 bytes.</summary>
    [Range(1, 10_000_000)]
    public int AccountsMax { get; init; } = 1_000_000;

    /// <summary>
    /// What becomes of those beyond <c>accounts_max</c>: <c>refuse</c>, or <c>share</c> one account. Default <c>share</c>.
    /// </summary>
    public BeyondAccounts Beyond { get; init; } = BeyondAccounts.Share;

    /// <summary>
    /// What becomes of requests while nobody can say what is left: <c>closed</c> refuses them with 503, <c>open</c> lets them pass. Default: <c>open</c> for
    /// limits per <c>ip</c>, which guard against abuse, <c>closed</c> for others.
    /// </summary>
    public OnUnavailable? OnUnavailable { get; init; }
}

/// <summary>What a rate limit counts.</summary>
public enum RateLimitCount
{
    /// <summary>Requests, by weight.</summary>
    Requests,

    /// <summary>Input tokens of every class.</summary>
    InputTokens,

    /// <summary>Output tokens, reasoning included.</summary>
    OutputTokens,

    /// <summary>Input and output tokens.</summary>
    Tokens,

    /// <summary>Money, in USD.</summary>
    Cost,

    /// <summary>Requests in flight, by weight.</summary>
    Concurrency,
}

/// <summary>How a rate limit fills again.</summary>
public enum RateLimitAlgorithm
{
    /// <summary>Steadily, up to the burst.</summary>
    TokenBucket,

    /// <summary>The same, evenly spaced unless a burst is stated (ITU-T I.371).</summary>
    Gcra,

    /// <summary>The same, and requests wait for their turn.</summary>
    LeakyBucket,

    /// <summary>Whole at the start of each window.</summary>
    FixedWindow,

    /// <summary>At most the limit in any stretch of time as long as the window.</summary>
    SlidingWindow,
}

/// <summary>When fixed windows begin.</summary>
public enum WindowAlignment
{
    /// <summary>At the same instants for everyone.</summary>
    Calendar,

    /// <summary>With the first request after the last window.</summary>
    FirstUse,
}

/// <summary>What becomes of a request that does not fit now.</summary>
public enum OnLimit
{
    /// <summary>It is refused.</summary>
    Reject,

    /// <summary>It waits until there is room.</summary>
    Queue,

    /// <summary>It is put off to its own instant.</summary>
    Shape,
}

/// <summary>What becomes of requests that would need one account more than there may be.</summary>
public enum BeyondAccounts
{
    /// <summary>They are refused.</summary>
    Refuse,

    /// <summary>They share one account.</summary>
    Share,
}

/// <summary>What becomes of requests while nobody can say what is left.</summary>
public enum OnUnavailable
{
    /// <summary>They are refused.</summary>
    Closed,

    /// <summary>They pass.</summary>
    Open,
}

/// <summary>Shares of a limit that are kept for requests of a priority. Together at most 100.</summary>
public sealed record FloorSettings
{
    /// <summary>Percent kept for low priority. 0 to 100; default 0.</summary>
    [Range(0, 100)]
    public int Low { get; init; }

    /// <summary>Percent kept for normal priority. 0 to 100; default 0.</summary>
    [Range(0, 100)]
    public int Normal { get; init; }

    /// <summary>Percent kept for high priority. 0 to 100; default 0.</summary>
    [Range(0, 100)]
    public int High { get; init; }
}

/// <summary>Another limit for a time. Exactly one of <c>limit</c> and <c>percent</c> is given.</summary>
public sealed record BoostSettings
{
    /// <summary>From when on.</summary>
    [Required]
    public DateTimeOffset? From { get; init; }

    /// <summary>Until when.</summary>
    [Required]
    public DateTimeOffset? Until { get; init; }

    /// <summary>The limit for that time, in place of every other. Default: none, <c>percent</c> says it.</summary>
    public Quantity? Limit { get; init; }

    /// <summary>Percent of what the limit, and the burst, would be: 200 doubles them. 0 to 100,000; default: none, <c>limit</c> says it.</summary>
    [Range(0, 100_000)]
    public int? Percent { get; init; }
}

/// <summary>Another limit for some.</summary>
public sealed record RateLimitOverrideSettings
{
    /// <summary>For whom. It must ask for something.</summary>
    public RuleMatchSettings Match { get; init; } = new();

    /// <summary>Their limit; 0 refuses all, <c>unlimited</c> none.</summary>
    [Required]
    public Quantity? Limit { get; init; }

    /// <summary>Their burst. Default: as for the rule as a whole, by their limit where that goes by the limit.</summary>
    public Quantity? Burst { get; init; }
}
