namespace OrleansGateway.Caching.Disk;

internal static partial class DiskLog
{
    [LoggerMessage(2820, LogLevel.Error, "The cache's disk cannot be written: {Reason}. Nothing more is stored there until it can.")]
    public static partial void DiskFailed(this ILogger log, string reason);

    [LoggerMessage(2821, LogLevel.Information, "The cache's disk can be written again")]
    public static partial void DiskWorks(this ILogger log);

    [LoggerMessage(2822, LogLevel.Warning, "A stored answer is damaged and was thrown away: {Path}: {Reason}")]
    public static partial void Damaged(this ILogger log, string path, string reason);

    [LoggerMessage(2823, LogLevel.Information, "{Entries} stored answers came back from the disk, {Bytes} bytes; {Dropped} were invalid, damaged or of another version")]
    public static partial void CameBack(this ILogger log, int entries, long bytes, long dropped);

    [LoggerMessage(2824, LogLevel.Warning, "What is stored on the disk is thrown away: {Reason}")]
    public static partial void ThrownAway(this ILogger log, string reason);

    [LoggerMessage(2825, LogLevel.Error, "The background work of the cache's disk has ended: {Reason}")]
    public static partial void Ended(this ILogger log, string reason);
}
