namespace OrleansGateway.Leases.Journal;

/// <summary>The files of one session's journal. Locked as long as the session lives.</summary>
internal sealed class JournalFolder : IDisposable
{
    public const string SegmentSuffix = ".segment";
    public const string CheckpointSuffix = ".checkpoint";
    public const string LockName = "lock";

    private readonly Guid _session;
    private readonly Guid _boot;
    private readonly FileStream _lock;
    private string? _checkpoint;

    private JournalFolder(string path, Guid session, Guid boot)
    {
        (Path, _session, _boot) = (path, session, boot);
        _lock = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    public string Path { get; }

    /// <summary>The last segment that the next checkpoint sums up.</summary>
    public long Summed { get; set; }

    public static JournalFolder Begin(string folder, Guid session, Guid boot)
    {
        var path = Of(folder, session);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new JournalFolder(path, session, boot);
    }

    public static string Of(string folder, Guid session) => System.IO.Path.Combine(folder, session.ToString("N"));

    public JournalFile NewSegment(long number, int length) => JournalFile.Create(PathOf(number, SegmentSuffix), new JournalHeader(_session, _boot, number, IsCheckpoint: false), length);

    /// <summary>Writes a checkpoint of all that is summed up, and deletes the one before.</summary>
    public void WriteCheckpoint(IReadOnlyList<byte[]> entries)
    {
        var path = PathOf(Summed, CheckpointSuffix);
        JournalFile.Write(path, new JournalHeader(_session, _boot, Summed, IsCheckpoint: true), entries);
        if (_checkpoint is not null && _checkpoint != path) File.Delete(_checkpoint);
        _checkpoint = path;
    }

    /// <summary>Nothing of it is needed any more.</summary>
    public void Delete() => Directory.Delete(Path, recursive: true);

    public void Dispose() => _lock.Dispose();

    private string PathOf(long number, string suffix) => System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{number:D10}{suffix}"));
}
