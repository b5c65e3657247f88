namespace OrleansGateway.Configuration;

/// <summary>
/// When requests are refused so that those taken already, and those that matter more, are served. Refused are those of routes with <c>priority: low</c> first,
/// then <c>normal</c>, then <c>high</c>.
/// </summary>
public sealed record OverloadSettings
{
    /// <summary>Whether requests are refused before memory or processors run out. Default true; false leaves it to the system to end the gateway.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Most requests in flight, answers that are still streaming and upgraded connections (WebSocket) among them. 1 to 10,000,000; default 100,000. The last
    /// tenth is kept for routes of high priority, the tenth before for high and normal. Set it to what the file descriptors allow: a request passed on holds
    /// two. Too small refuses what could have been served.
    /// </summary>
    [Range(1, 10_000_000)]
    public int RequestsMax { get; init; } = 100_000;

    /// <summary>
    /// Share of the memory that the process may have (of its container, else of the machine) from which requests are refused. 50 to 99; default 90. Too high
    /// and the system ends the gateway first; too low refuses on a machine that is only well used.
    /// </summary>
    [Range(50, 99)]
    public int MemoryPercent { get; init; } = 90;

    /// <summary>
    /// Longest time that work may wait for a thread before requests are refused. 5 ms to 10 s; default 100 ms. It must last for half a second: one spike, such
    /// as a garbage collection, refuses nothing. Too short refuses where other programs share the processors.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:00:10")]
    public TimeSpan QueueDelay { get; init; } = TimeSpan.FromMilliseconds(100);
}
