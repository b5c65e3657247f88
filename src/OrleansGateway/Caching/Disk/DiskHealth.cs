using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.Disk;

/// <summary>Whether the disk is written to. After a fault it is left alone for a while; what is on it is served meanwhile.</summary>
internal sealed class DiskHealth(TimeProvider time, DiskMetrics metrics, ILogger log)
{
    /// <summary>How long nothing is written after a fault.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private volatile string? _reason;
    private long _failedAt;

    /// <summary>What went wrong last, as long as it is not known to be over.</summary>
    public string? Reason => _reason;

    public bool MayWrite
    {
        get
        {
            if (_reason is null) return true;
            lock (_lock) return time.GetElapsedTime(_failedAt) >= Rest;
        }
    }

    public void Failed(Exception fault)
    {
        metrics.Failed();
        bool isNew;
        lock (_lock) (isNew, _reason, _failedAt) = (_reason is null, fault.Message, time.GetTimestamp());
        if (isNew) log.DiskFailed(fault.Message);
    }

    public void Worked()
    {
        if (_reason is null) return;
        lock (_lock) _reason = null;
        log.DiskWorks();
    }
}
