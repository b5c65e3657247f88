namespace OrleansGateway.Storage;

/// <summary>
/// Keeps a state folder for one running gateway: a second one would answer from keys and tenants that the first one has changed since. Held by the operating
/// system for as long as the process lives, however it ends, so that nothing is left behind that a restart would have to clear away.
/// </summary>
internal sealed class StateLock : IDisposable
{
    /// <summary>The file that is locked. Empty, and never deleted: two programs could then each lock another file of that name.</summary>
    public const string FileName = "gateway.lock";

    /// <summary>Process id of the gateway that holds the lock, or held it last. Beside the lock, for what is locked cannot be read.</summary>
    public const string PidFileName = "gateway.pid";

    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, and makes the folder if it is missing. Throws <see cref="StorageException"/> if another process has the lock.</summary>
    public static StateLock Take(string stateFolder)
    {
        var folder = Path.GetFullPath(stateFolder);
        try
        {
            SqliteDatabase.CreateFolder(folder);
            var held = new StateLock(Open(folder));
            try
            {
                File.WriteAllText(Path.Combine(folder, PidFileName), string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
                return held;
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The state folder {folder} cannot be used: {unusable.Message}", unusable);
        }
    }

    public void Dispose() => _file.Dispose();

    // FileShare.None is flock on Unix: the kernel drops it with the process.
    private static FileStream Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = SqliteDatabase.OwnerReadsAndWrites;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new StorageException(
                $"The state folder {folder} is in use by another gateway{OwnerOf(folder)}, or cannot be locked ({taken.Message}). " +
                "Stop that one, or give this one a folder of its own by 'state' in its configuration.", taken);
        }
    }

    private static string OwnerOf(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(folder, PidFileName)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid)
                ? string.Create(CultureInfo.InvariantCulture, $", process {pid}")
                : "";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
