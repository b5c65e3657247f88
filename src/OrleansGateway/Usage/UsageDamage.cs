namespace OrleansGateway.Usage;

/// <summary>
/// Where pieces of the log go that cannot be read: a file each with their bytes, and one with the reason beside it. They hold up nobody, and are lost to nobody.
/// </summary>
internal sealed class UsageDamage(string folder, ILogger log)
{
    private const string ReasonSuffix = ".reason";

    /// <summary>How many there are, those of former sessions among them.</summary>
    public int Count => Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + ReasonSuffix).Length : 0;

    /// <summary>Keeps one; answers 1. Whoever keeps it again, because he was stopped before he could go on, has it once. Throws <see cref="IOException"/>.</summary>
    public int Keep(UsageSegment segment, int at, ReadOnlySpan<byte> bytes, string reason)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{segment.Session:N}-{segment.Number:D10}-{at:D10}.piece"));
        File.WriteAllBytes(path, bytes);
        File.WriteAllText(path + ReasonSuffix, string.Create(CultureInfo.InvariantCulture, $"{reason} Session {segment.Session:N}, segment {segment.Number}, bytes {at} to {at + bytes.Length}.\n"));
        log.PieceSetAside(path, bytes.Length, reason);
        return 1;
    }
}

internal static partial class UsageDamageLog
{
    [LoggerMessage(2620, LogLevel.Error, "A piece of the usage log of {Bytes} bytes cannot be read and is set aside as {Path}: {Reason}")]
    public static partial void PieceSetAside(this ILogger log, string path, int bytes, string reason);
}
