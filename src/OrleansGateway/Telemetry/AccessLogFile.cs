using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Telemetry;

/// <summary>
/// A file that is appended to and found again after it was moved, deleted or cut short: log rotation needs no signal. One writer at a time.
/// </summary>
internal sealed class AccessLogFile(string path, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private SafeFileHandle? _handle;
    private long _checkedAt;

    public string Path => path;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var now = time.GetTimestamp();
        if (_handle is null || time.GetElapsedTime(_checkedAt, now) >= CheckInterval)
        {
            _checkedAt = now;
            if (!IsStillThere()) Open();
        }

        // The end is asked for at each write: rotation by copytruncate moves it back to the beginning.
        RandomAccess.Write(_handle!, bytes, RandomAccess.GetLength(_handle!));
    }

    public void Dispose() => _handle?.Dispose();

    // .NET shows no inode. We wrote to our file, so another at its path has another length (a fresh one has none).
    private bool IsStillThere() =>
        _handle is not null && new FileInfo(path) is { Exists: true } there && there.Length == RandomAccess.GetLength(_handle);

    private void Open()
    {
        _handle?.Dispose();
        _handle = null;
        var existed = File.Exists(path);
        _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        // Readable for the operator's group, which ships logs; not for everybody: it names clients. An existing file keeps its mode.
        if (!existed && !OperatingSystem.IsWindows()) File.SetUnixFileMode(_handle, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }
}
