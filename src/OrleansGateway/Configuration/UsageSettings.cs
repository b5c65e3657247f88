namespace OrleansGateway.Configuration;

/// <summary>
/// How the records of usage are kept, from which bills and reports are made. Each is written to a log in the state folder as its call ends, and from there to the store; the log
/// bridges the time while the store cannot be written.
/// </summary>
public sealed record UsageSettings
{
    /// <summary>
    /// Most that the log takes of the disk. 16 MiB to 1024 GiB; default 1 GiB, enough for 2 million calls. It is used only while the store cannot be written; too small, and calls are
    /// refused, or records dropped, after a shorter time.
    /// </summary>
    [Range(typeof(ByteSize), "16MiB", "1024GiB")]
    public ByteSize LogMax { get; init; } = ByteSize.FromMebibytes(1024);

    /// <summary>
    /// What becomes of model calls while the log is full, or its disk broken: <c>refuse</c> them with 503 before anything is sent, or serve them and <c>drop</c> their records, which are
    /// counted. Default <c>refuse</c>: nothing is used that nobody is billed for.
    /// </summary>
    public UsageWhenFull WhenFull { get; init; }

    /// <summary>
    /// Longest time until what was written to the log has also reached the disk. 1 ms to 1 s; default 5 ms. Records survive the gateway's sudden end at once; this is what the machine's
    /// may cost. Too short keeps slow disks busy.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// What becomes of a model call whose client goes away, and what of it is billed, where its tenant does not say: <c>cancel</c> stops the provider and bills the most it can have made
    /// by then, <c>seen</c> stops it and bills what came, as the gateway counts it, <c>drain</c> reads the answer to its end and bills what the provider reports. Default <c>cancel</c>:
    /// never less than the provider's bill, and never more output than was asked for.
    /// </summary>
    public OnDisconnect OnDisconnect { get; init; }

    /// <summary>How long usage is kept.</summary>
    public UsageKeepSettings Keep { get; init; } = new();
}

/// <summary>How long usage is kept. What is older is deleted once a day.</summary>
public sealed record UsageKeepSettings
{
    /// <summary>Single records, and sums by minute. 1 day to 3650 days; default 90 days. Corrections of prices, and the audit, reach back as far as this; not longer than <c>hours</c>.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Records { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Sums by hour. 1 day to 3650 days; default 400 days. Not longer than <c>days</c>.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Hours { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Sums by day. 1 day to 3650 days; default 3650 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Days { get; init; } = TimeSpan.FromDays(3_650);
}

/// <summary>What becomes of model calls that no record could be kept of.</summary>
public enum UsageWhenFull
{
    /// <summary>They are refused.</summary>
    Refuse,

    /// <summary>They are served.</summary>
    Drop,
}
