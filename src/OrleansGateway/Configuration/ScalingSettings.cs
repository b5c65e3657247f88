namespace OrleansGateway.Configuration;

/// <summary>How many gateways there should be, and who is told: KEDA, by <c>GET /admin/v1/scaling</c> or by its protocol for external scalers.</summary>
public sealed record ScalingSettings
{
    /// <summary>
    /// Address at which KEDA's external scaler is served (gRPC, HTTP/2), as <c>IP:port</c>. Default: none, it is not served. KEDA sends no token: keep the address on a private network, or
    /// ask for certificates by <c>tls</c>. Read at start only.
    /// </summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>TLS at that address. Default: none, plain text. Read at start only.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>What is scaled, by id: a deployment of gateways each.</summary>
    public IReadOnlyDictionary<string, ScalingTargetSettings> Targets { get; init; } = new Dictionary<string, ScalingTargetSettings>();
}

/// <summary>
/// How many replicas a deployment should have. Each figure that is given asks for a number of its own; the highest counts. At least one of <c>requests_in_flight</c>, <c>admission_wait</c>,
/// <c>cpu_percent</c> and <c>usage_lag</c> is given.
/// </summary>
public sealed record ScalingTargetSettings
{
    /// <summary>Fewest replicas. 0 to 1,000; default 1. With 0 somebody else must answer meanwhile, clients as well as KEDA.</summary>
    [Range(0, 1_000)]
    public int ReplicasMin { get; init; } = 1;

    /// <summary>Most replicas. 1 to 1,000; default 10.</summary>
    [Range(1, 1_000)]
    public int ReplicasMax { get; init; } = 10;

    /// <summary>
    /// Requests in flight that a replica should have, streams among them. 1 to 1,000,000; default: none, they do not count. The best figure where requests wait for models: it says at once
    /// how many replicas a load needs. Two thirds of what a replica can bear leave room until a new one has started.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? RequestsInFlight { get; init; }

    /// <summary>
    /// Longest time that work should wait for a thread, nine times in ten. 1 ms to 10 s; default: none, it does not count. From half of it no replica is taken away; above it there are up
    /// to twice as many. Set it well below <c>overload.queue_delay</c>, from which requests are refused.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan? AdmissionWait { get; init; }

    /// <summary>Share of the processors it may use that a replica should use, in percent, over the last 10 s. 1 to 100; default: none, it does not count.</summary>
    [Range(1, 100)]
    public int? CpuPercent { get; init; }

    /// <summary>
    /// Oldest that a usage record outside the store should be. 1 s to 1 hour; default: none, it does not count. From half of it no replica is taken away; above it there is one more. More
    /// replicas help where their processors are what is slow, and harm where the store is.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan? UsageLag { get; init; }

    /// <summary>
    /// Time for which fewer replicas must do before any is taken away. 0 s to 1 hour; default 5 minutes. Too short takes away in a lull what the next minute needs. More are asked for at
    /// once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Stabilization { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without any request after which nothing is needed. 1 s to 1 day; default 5 minutes. Means something only where <c>replicas_min</c> is 0.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(5);
}
