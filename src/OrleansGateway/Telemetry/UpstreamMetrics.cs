using System.Diagnostics.Metrics;

namespace OrleansGateway.Telemetry;

/// <summary>One target of an upstream at this moment.</summary>
/// <param name="Upstream">Id of the upstream.</param>
/// <param name="Target">Host and port.</param>
/// <param name="InFlight">Attempts in flight.</param>
/// <param name="Ejected">Whether failed requests have it left out.</param>
/// <param name="Healthy">Whether health checks have nothing against it.</param>
internal readonly record struct TargetReading(string Upstream, string Target, int InFlight, bool Ejected, bool Healthy);

/// <summary>Numbers of upstreams and their targets, on the gateway's meter. All tags are named by the operator, or one of a few words.</summary>
internal sealed class UpstreamMetrics
{
    private readonly Counter<long> _requests;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _healthChecks;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _retriesDenied;

    public UpstreamMetrics(GatewayMetrics metrics)
    {
        var meter = metrics.Meter;
        _requests = meter.CreateCounter<long>("gateway.upstream.requests", "{request}",
            "Requests sent to targets of upstreams, retries included, by how they ended.");
        _ejections = meter.CreateCounter<long>("gateway.upstream.ejections", "{ejection}",
            "Times a target was left out because requests failed, by the last failure.");
        _healthChecks = meter.CreateCounter<long>("gateway.upstream.health_checks", "{check}", "Health checks of targets, by result.");
        _retries = meter.CreateCounter<long>("gateway.upstream.retries", "{retry}", "Requests sent again to an upstream.");
        _retriesDenied = meter.CreateCounter<long>("gateway.upstream.retries_denied", "{retry}",
            "Requests not sent again because the retry budget was used up.");
        meter.CreateObservableGauge("gateway.upstream.requests_in_flight",
            () => Observe(static t => t.InFlight), "{request}", "Requests in flight to a target.");
        meter.CreateObservableGauge("gateway.upstream.ejected",
            () => Observe(static t => t.Ejected ? 1 : 0), null, "1 while failed requests have a target left out.");
        meter.CreateObservableGauge("gateway.upstream.healthy",
            () => Observe(static t => t.Healthy ? 1 : 0), null, "0 while health checks have a target left out.");
    }

    /// <summary>The targets there are now, for the gauges.</summary>
    public Func<IEnumerable<TargetReading>> Targets { private get; set; } = static () => [];

    public void Requested(string upstream, string target, string outcome) =>
        _requests.Add(1, Tag("upstream", upstream), Tag("target", target), Tag("outcome", outcome));

    /// <param name="upstream">Id of the upstream.</param>
    /// <param name="target">Host and port.</param>
    /// <param name="reason">What the last failure was.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void Ejected(string upstream, string target, string reason, int times = 1) =>
        _ejections.Add(times, Tag("upstream", upstream), Tag("target", target), Tag("reason", reason));

    public void HealthChecked(string upstream, string target, bool good) =>
        _healthChecks.Add(1, Tag("upstream", upstream), Tag("target", target), Tag("result", good ? "good" : "bad"));

    /// <param name="upstream">Id of the upstream.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void Retried(string upstream, int times = 1) => _retries.Add(times, Tag("upstream", upstream));

    /// <param name="upstream">Id of the upstream.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void RetryDenied(string upstream, int times = 1) => _retriesDenied.Add(times, Tag("upstream", upstream));

    private IEnumerable<Measurement<long>> Observe(Func<TargetReading, long> value) =>
        Targets().Select(t => new Measurement<long>(value(t), Tag("upstream", t.Upstream), Tag("target", t.Target)));

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);
}
