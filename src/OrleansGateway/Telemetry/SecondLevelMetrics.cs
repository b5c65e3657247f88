using System.Diagnostics.Metrics;

namespace OrleansGateway.Telemetry;

/// <summary>Numbers of the cache's second level, on the gateway's meter.</summary>
internal sealed class SecondLevelMetrics
{
    private readonly Counter<long> _reads;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _drops;

    public SecondLevelMetrics(GatewayMetrics metrics)
    {
        var meter = metrics.Meter;
        _reads = meter.CreateCounter<long>("gateway.cache.second_level.reads", "{answer}", "Times that the second level was asked, by what came of it: hit, miss, invalid, failed.");
        _writes = meter.CreateCounter<long>("gateway.cache.second_level.writes", "{answer}", "Answers written to the second level.");
        _drops = meter.CreateCounter<long>("gateway.cache.second_level.drops", "{answer}", "Answers that did not get to the second level, by why: busy, late, failed.");
    }

    /// <param name="result">A fixed word.</param>
    public void Read(string result) => _reads.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Wrote() => _writes.Add(1);

    /// <param name="why">A fixed word.</param>
    public void Dropped(string why) => _drops.Add(1, new KeyValuePair<string, object?>("reason", why));
}
