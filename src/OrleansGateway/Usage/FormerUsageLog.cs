using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Usage;

/// <summary>The log of a session that is over, as it was left. Locked while it is read; deleted with all that is in it once that is applied.</summary>
internal sealed class FormerUsageLog : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Queue<UsageSegment> _segments;

    private FormerUsageLog(string path, FileStream held, Queue<UsageSegment> segments) => (_path, _lock, _segments) = (path, held, segments);

    /// <summary>Those segments that are not applied, in order.</summary>
    public Queue<UsageSegment> Segments => _segments;

    /// <summary>Of each session below the folder that no process has open.</summary>
    public static IEnumerable<FormerUsageLog> In(string folder)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.GetDirectories(folder).OrderBy(Directory.GetCreationTimeUtc).ThenBy(p => p, StringComparer.Ordinal))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "N", out var session) && TryLock(path) is { } held) yield return new FormerUsageLog(path, held, Open(path, session));
        }
    }

    /// <summary>All is applied.</summary>
    public void Delete()
    {
        _lock.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    public void Dispose()
    {
        foreach (var segment in _segments) segment.Dispose();
        _lock.Dispose();
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, JournalFolder.LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // A file that is too short for a header never held a frame: a segment has its name only once it is whole.
    private static Queue<UsageSegment> Open(string path, Guid session) => new(
        from file in Directory.GetFiles(path, "*" + JournalFolder.SegmentSuffix)
        where long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out _) && new FileInfo(file).Length >= JournalFile.HeaderLength
        let number = long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)
        orderby number
        select UsageSegment.Open(file, session, number));
}
