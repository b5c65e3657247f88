namespace OrleansGateway.Configuration;

/// <summary>
/// Reloads when the configuration file or a secret's file has changed. Looks once a second instead of asking the system to be told: that is not told
/// across mounts, nor of a turned symbolic link above the file, as Kubernetes does it.
/// </summary>
internal sealed class ConfigurationWatch(SnapshotSource source, TimeProvider time, ReloadRecorder? record = null)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private IReadOnlyDictionary<string, FileStamp>? _changed;

    /// <summary>Looks until cancelled, which ends it without an exception.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation)) await LookAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    /// <summary>
    /// Looks once. Reloads if the files are not as they were last read, and are the same for the second look in a row: an editor may be half-way through
    /// writing. What was refused is not tried again until something changes.
    /// </summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var read = source.Files;
        var now = read.Keys.ToDictionary(file => file, FileStamp.Of);
        if (Same(now, read))
        {
            _changed = null;
            return;
        }

        var settled = _changed is not null && Same(now, _changed);
        _changed = settled ? null : now;
        if (settled) await source.ReloadAsync(record, cancellation);
    }

    private static bool Same(Dictionary<string, FileStamp> a, IReadOnlyDictionary<string, FileStamp> b) =>
        a.Count == b.Count && a.All(file => b.TryGetValue(file.Key, out var stamp) && stamp == file.Value);
}
