using System.Diagnostics.Metrics;

namespace OrleansGateway.Telemetry;

/// <summary>Numbers of the cache's disk, on the gateway's meter.</summary>
internal sealed class DiskMetrics
{
    private readonly Counter<long> _reads;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _drops;
    private readonly Counter<long> _failures;

    public DiskMetrics(GatewayMetrics metrics)
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("gateway.cache.disk.size", () => Size(), "By", "Disk taken by stored answers.");
        meter.CreateObservableGauge("gateway.cache.disk.entries", () => Entries(), "{answer}", "Stored answers on disk.");
        _reads = meter.CreateCounter<long>("gateway.cache.disk.reads", "{answer}", "Answers read from the disk.");
        _writes = meter.CreateCounter<long>("gateway.cache.disk.writes", "{answer}", "Answers written to the disk.");
        _drops = meter.CreateCounter<long>("gateway.cache.disk.drops", "{answer}", "Answers that left the disk or did not get there, by why.");
        _failures = meter.CreateCounter<long>("gateway.cache.disk.failures", "{fault}", "Times that the disk could not be written.");
    }

    /// <summary>Bytes of the files.</summary>
    public Func<long> Size { private get; set; } = static () => 0;

    /// <summary>How many answers.</summary>
    public Func<long> Entries { private get; set; } = static () => 0;

    public void Read() => _reads.Add(1);

    public void Wrote() => _writes.Add(1);

    public void Failed() => _failures.Add(1);

    /// <param name="why">A fixed word.</param>
    /// <param name="count">How many.</param>
    public void Dropped(string why, long count = 1)
    {
        if (count > 0) _drops.Add(count, new KeyValuePair<string, object?>("reason", why));
    }
}
