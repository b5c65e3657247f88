using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Upstream.Adaptive;

/// <summary>The gates of all upstreams and providers with <c>adaptive_concurrency</c>, by what the operator calls them.</summary>
internal sealed class AdaptiveGates
{
    private readonly ConcurrentDictionary<string, AdaptiveGate> _upstreams = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AdaptiveGate> _providers = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public AdaptiveGates(GatewayMetrics metrics, TimeProvider time)
    {
        _time = time;
        metrics.Meter.CreateObservableGauge("gateway.adaptive_concurrency.bound", Observe, "{request}", "Most requests that may be in flight to an upstream or a provider now.");
    }

    public AdaptiveGate OfUpstream(string id) => _upstreams.GetOrAdd(id, static (_, time) => new AdaptiveGate(time), _time);

    public AdaptiveGate OfProvider(string id) => _providers.GetOrAdd(id, static (_, time) => new AdaptiveGate(time), _time);

    private IEnumerable<Measurement<int>> Observe()
    {
        foreach (var (id, gate) in _upstreams) yield return new(gate.Bound, new KeyValuePair<string, object?>("upstream", id));
        foreach (var (id, gate) in _providers) yield return new(gate.Bound, new KeyValuePair<string, object?>("provider", id));
    }
}
