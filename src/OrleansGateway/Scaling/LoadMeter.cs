using OrleansGateway.Shedding;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway.Scaling;

/// <summary>Measures the load of this gateway, for one who asks.</summary>
internal sealed class LoadMeter(GatewayMetrics metrics, Overload overload, UsageShipper usage, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private readonly CpuShare _cpu = new();

    /// <summary>Takes a look.</summary>
    public NodeLoad Take()
    {
        var inFlight = metrics.RequestsInFlight;
        return new NodeLoad(
            metrics.TakeCalled() || inFlight > 0,
            inFlight,
            overload.QueueDelay,
            _cpu.Take(Environment.CpuUsage.TotalTime, CpuCores.Allowed(), time.GetElapsedTime(_began)),
            usage.Lag);
    }
}
