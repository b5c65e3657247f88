namespace OrleansGateway.Configuration;

/// <summary>Servers that do the same, among which the requests of routes are shared out.</summary>
public sealed record UpstreamSettings
{
    /// <summary>The servers.</summary>
    [MinLength(1), MaxLength(256)]
    public IReadOnlyList<UpstreamTargetSettings> Targets { get; init; } = [];

    /// <summary>
    /// What is spoken: <c>http1</c>; <c>http2</c>, over TLS or in clear by prior knowledge, which gRPC needs; or <c>http3</c>, where the platform has QUIC.
    /// Default <c>http1</c>: it costs the least, and passes on upgrades (WebSocket) and interim answers.
    /// </summary>
    public UpstreamProtocol Protocol { get; init; } = UpstreamProtocol.Http1;

    /// <summary>
    /// How a target is chosen: <c>round_robin</c> by weight; <c>least_requests</c> in flight, against the weight; <c>power_of_two</c>, the lesser of two drawn
    /// by weight; <c>consistent_hash</c>, always the same one for the same <c>hash</c>, as long as it is there. Default <c>power_of_two</c>.
    /// </summary>
    public BalancePolicy Balance { get; init; } = BalancePolicy.PowerOfTwo;

    /// <summary>What <c>consistent_hash</c> goes by. Default: the client's address.</summary>
    public HashSettings Hash { get; init; } = new();

    /// <summary>Asks targets from time to time how they are. Default: none, only what becomes of requests tells.</summary>
    public HealthCheckSettings? HealthCheck { get; init; }

    /// <summary>When a target that fails requests is left out for a while.</summary>
    public EjectionSettings Ejection { get; init; } = new();

    /// <summary>Time over which a target that is new or has come back gets up to its full share. 0 s to 1 hour; default 0 s: at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SlowStart { get; init; }

    /// <summary>When a request is sent to another target.</summary>
    public RetrySettings Retries { get; init; } = new();

    /// <summary>How much one target is given at once.</summary>
    public CircuitBreakerSettings CircuitBreaker { get; init; } = new();

    /// <summary>Bounds the requests in flight by how fast the targets answer. Default: none, only <c>circuit_breaker</c> bounds them.</summary>
    public AdaptiveSettings? AdaptiveConcurrency { get; init; }

    /// <summary>How long to wait for a target.</summary>
    public UpstreamTimeoutSettings Timeouts { get; init; } = new();

    /// <summary>TLS to targets with <c>https</c>.</summary>
    public UpstreamTlsSettings Tls { get; init; } = new();

    /// <summary>HTTP proxy by way of which the targets are reached. Default: none. Not for interim answers, which the platform's client drops.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>
    /// What is done with an answer whose <c>Transfer-Encoding</c> is one word that names no coding of HTTP: <c>refuse</c>, the answer is 502; <c>ignore</c>, its body is all until the target
    /// closes the connection, and is passed on as it comes, without the field (RFC 9112 §6.3). Default <c>refuse</c>: whoever does not know where a body ends may take another's
    /// answer for it. Only <c>http1</c>, without a proxy.
    /// </summary>
    public UnknownTransferCodings UnknownTransferCodings { get; init; }
}

/// <summary>What is done with answers in a transfer coding that nobody knows.</summary>
public enum UnknownTransferCodings
{
    /// <summary>They are 502.</summary>
    Refuse,

    /// <summary>They last until the connection ends.</summary>
    Ignore,
}

/// <summary>One server of an upstream.</summary>
public sealed record UpstreamTargetSettings
{
    /// <summary>
    /// Address: <c>http</c> or <c>https</c>, host and port, without a path. A name is looked up again at least every 30 s, and all its addresses are used.
    /// </summary>
    [Required]
    public Uri? Url { get; init; }

    /// <summary>
    /// Share of the requests, against the other targets' weights. 0 to 1,000,000; default 1. 0 gets none: to drain a target before it is taken out.
    /// </summary>
    [Range(0, 1_000_000)]
    public int Weight { get; init; } = 1;
}

/// <summary>What is spoken to an upstream.</summary>
public enum UpstreamProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2.</summary>
    Http2,

    /// <summary>HTTP/3.</summary>
    Http3,
}

/// <summary>How a target is chosen.</summary>
public enum BalancePolicy
{
    /// <summary>One after the other, by weight.</summary>
    RoundRobin,

    /// <summary>The one with the fewest requests in flight, against its weight.</summary>
    LeastRequests,

    /// <summary>The one with fewer requests in flight of two drawn by weight.</summary>
    PowerOfTwo,

    /// <summary>The one that a hash of the request leads to.</summary>
    ConsistentHash,
}

/// <summary>What <c>consistent_hash</c> goes by. At most one is given; a request that lacks it goes by the client's address.</summary>
public sealed record HashSettings
{
    /// <summary>Name of a header. Default: none.</summary>
    public string? Header { get; init; }

    /// <summary>Name of a cookie. Default: none.</summary>
    public string? Cookie { get; init; }
}

/// <summary>Asks targets from time to time how they are, with <c>GET</c>.</summary>
public sealed record HealthCheckSettings
{
    /// <summary>Path asked for. Default <c>/</c>.</summary>
    [RegularExpression("^/[!\"$-~]*$")]
    public string Path { get; init; } = "/";

    /// <summary>The <c>Host</c> named. Default: the target.</summary>
    public string? Host { get; init; }

    /// <summary>Time from one question to the next. 100 ms to 1 hour; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time until the answer. 10 ms to 5 minutes; default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bad answers in a row, or none, after which a target is left out. 1 to 100; default 3.</summary>
    [Range(1, 100)]
    public int UnhealthyAfter { get; init; } = 3;

    /// <summary>Good answers in a row after which it is back. 1 to 100; default 2.</summary>
    [Range(1, 100)]
    public int HealthyAfter { get; init; } = 2;

    /// <summary>Statuses that are good. Default: none listed, 200 to 399.</summary>
    [MaxLength(32)]
    public IReadOnlyList<int> Statuses { get; init; } = [];
}

/// <summary>When a target that fails requests is left out for a while (outlier ejection).</summary>
public sealed record EjectionSettings
{
    /// <summary>
    /// Failures in a row, connections refused or broken, timeouts, 502, 503 and 504, that eject a target. 0 to 1,000; default 5. 0 never does.
    /// </summary>
    [Range(0, 1_000)]
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>
    /// Time a target is left out the first time; each time in a row it doubles, up to <c>duration_max</c>. Back again, its first failure ejects it anew. 1 s to
    /// 1 hour; default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time a target is left out. 1 s to 1 day; default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan DurationMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Most targets left out at once, in percent, whether ejected or found unhealthy. 0 to 100; default 50. When more are bad, all are used: some answers are
    /// better than none, and it may be the network between.
    /// </summary>
    [Range(0, 100)]
    public int PercentMax { get; init; } = 50;
}

/// <summary>
/// When a request is sent to another target. Only what is safe: a request that never left, or one that may arrive twice (GET, HEAD, OPTIONS, TRACE, PUT,
/// DELETE; RFC 9110 §9.2.2) and whose body is still there, before any of an answer reached the client.
/// </summary>
public sealed record RetrySettings
{
    /// <summary>Most times a request is sent again. 0 to 10; default 2.</summary>
    [Range(0, 10)]
    public int Attempts { get; init; } = 2;

    /// <summary>
    /// Statuses of answers after which an idempotent request is sent again. Default 502, 503, 504. A <c>Retry-After</c> longer than 1 s is passed on instead.
    /// </summary>
    [MaxLength(32)]
    public IReadOnlyList<int> Statuses { get; init; } = [502, 503, 504];

    /// <summary>
    /// Whether requests of other methods (POST, PATCH) may be sent again too, because the upstream makes sure that they count once. Default false. Wrongly set,
    /// orders are placed twice.
    /// </summary>
    public bool NonIdempotent { get; init; }

    /// <summary>
    /// Retries allowed at once, in percent of the upstream's requests in flight; 3 are always allowed. 0 to 100; default 20. An upstream that is down is not
    /// helped by each request coming three times.
    /// </summary>
    [Range(0, 100)]
    public int BudgetPercent { get; init; } = 20;
}

/// <summary>How much one target is given at once. What is beyond goes to others; when all are full, the answer is 503.</summary>
public sealed record CircuitBreakerSettings
{
    /// <summary>Most requests in flight to one target. 1 to 1,000,000; default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int RequestsMax { get; init; } = 10_000;

    /// <summary>Most connections to one target. 1 to 1,000,000; default 10,000. Only <c>http1</c>, where a request in flight has one of its own.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; init; } = 10_000;
}

/// <summary>How long to wait for a target.</summary>
public sealed record UpstreamTimeoutSettings
{
    /// <summary>Time to open a connection, TLS included. 10 ms to 5 minutes; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time from the request's end (each piece of its body starts it anew) to the head of the answer. 10 ms to 1 hour; default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest silence once the answer has begun, and longest silence in both directions after an upgrade. 10 ms to 1 day; default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time for one attempt as a whole. 10 ms to 7 days; default: none, a stream may last.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "7.00:00:00")]
    public TimeSpan? Total { get; init; }
}

/// <summary>TLS to targets with <c>https</c>.</summary>
public sealed record UpstreamTlsSettings
{
    /// <summary>Whether the target's certificate is verified. Default true. Without it anyone between can read and change everything.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Name that is asked for (SNI) and that the certificate must have. Default: the target's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>
    /// File of the CA certificates, PEM, that the target's must come from, as a path from the configuration's folder. Default: none, the system's. Read again
    /// when it changes.
    /// </summary>
    public string? Ca { get; init; }

    /// <summary>File of our certificate and its chain, PEM, for targets that ask for one, as <c>ca</c>. Default: none. Read again when it changes.</summary>
    public string? Certificate { get; init; }

    /// <summary>File of its private key, PEM. Default: none; given if <c>certificate</c> is.</summary>
    public string? Key { get; init; }
}
