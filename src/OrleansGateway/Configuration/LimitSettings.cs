namespace OrleansGateway.Configuration;

/// <summary>Bounds on what a client may send, and hold. A change counts for new connections.</summary>
public sealed record LimitSettings
{
    /// <summary>Largest request body. 1 KiB to 1 GiB; default 32 MiB. A larger one is refused with 413 before it is read.</summary>
    [Range(typeof(ByteSize), "1KiB", "1GiB")]
    public ByteSize RequestBodyMax { get; init; } = ByteSize.FromMebibytes(32);

    /// <summary>Longest request line: method, path and query, version. 1 KiB to 64 KiB; default 8 KiB. A longer one is refused with 414.</summary>
    [Range(typeof(ByteSize), "1KiB", "64KiB")]
    public ByteSize RequestLineMax { get; init; } = new(8 << 10);

    /// <summary>
    /// Largest header of a request, all fields together. 1 KiB to 512 KiB; default 32 KiB. A larger one is refused with 431. Each open request may hold as
    /// much.
    /// </summary>
    [Range(typeof(ByteSize), "1KiB", "512KiB")]
    public ByteSize HeaderMax { get; init; } = new(32 << 10);

    /// <summary>Most fields in a request's header. 10 to 2,000; default 100. More are refused with 431.</summary>
    [Range(10, 2_000)]
    public int HeaderFieldsMax { get; init; } = 100;

    /// <summary>
    /// Most connections of clients at once, over all data listeners. 1 to 1,000,000; default 50,000. Those beyond are closed as they come. Each takes a file
    /// descriptor (<c>ulimit -n</c>).
    /// </summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; init; } = 50_000;

    /// <summary>
    /// Time for a client to send a request's header, from its first byte, and for a load balancer to send a PROXY header. 1 s to 10 minutes; default 15 s. Too
    /// long lets slow clients hold connections. A TLS handshake has 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Time that a connection without a request stays open. 1 s to 1 day; default 2 minutes. Longer than that of a load balancer before the gateway, or
    /// requests are lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Bytes per second that a body being received must come at, after 5 s of grace. 0 to 1 GiB; default 240. A slower one is refused with 408. 0 allows any.
    /// Streams of gRPC and upgraded connections may always be silent.
    /// </summary>
    [Range(typeof(ByteSize), "0", "1GiB")]
    public ByteSize RequestRateMin { get; init; } = new(240);

    /// <summary>
    /// Bytes per second at which a client must take an answer that waits for it, after 30 s of grace. 0 to 1 GiB; default 240. The connection of a slower one
    /// is closed. 0 allows any. An answer that is silent because the upstream is counts for nothing.
    /// </summary>
    [Range(typeof(ByteSize), "0", "1GiB")]
    public ByteSize ResponseRateMin { get; init; } = new(240);

    /// <summary>Most requests at once on one HTTP/2 or HTTP/3 connection. 1 to 10,000; default 100. Those beyond are refused and may be sent again.</summary>
    [Range(1, 10_000)]
    public int StreamsMax { get; init; } = 100;
}
