using System.Diagnostics.Metrics;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Invalidation;

/// <summary>Numbers of invalidation, on the gateway's meter. All tags are named by the operator, or one of a few words.</summary>
internal sealed class InvalidationMetrics
{
    /// <summary>What requests that change something are called as a source.</summary>
    public const string UnsafeRequest = "unsafe_request";

    private readonly Func<Snapshot> _current;
    private readonly Counter<long> _selectors;
    private readonly Counter<long> _invalidations;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _refused;
    private long _parked;

    public InvalidationMetrics(GatewayMetrics metrics, InvalidationTable table, Func<Snapshot> current)
    {
        var meter = metrics.Meter;
        _current = current;
        _invalidations = meter.CreateCounter<long>("gateway.invalidation.applied", "{invalidation}", "Invalidations applied, by who asked for them; those that had been applied before are repeats.");
        _selectors = meter.CreateCounter<long>("gateway.invalidation.selectors", "{selector}", "Tags, URLs, prefixes, hosts and groups in them.");
        _duration = Seconds("gateway.invalidation.duration", "Time from an invalidation's coming until nothing of what it selects is given any more.", [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
        _lag = Seconds("gateway.invalidation.lag", "Time from an event, as its publisher dates it, until nothing of what it selects is given any more.", [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600]);
        _refused = meter.CreateCounter<long>("gateway.invalidation.refused", "{message}", "Messages that were refused and kept, by why.");
        meter.CreateObservableGauge("gateway.invalidation.parked", () => Volatile.Read(ref _parked), "{message}", "Refused messages that are kept.");
        meter.CreateObservableGauge("gateway.invalidation.held", () => Held(table), "{selector}", "Selectors held in memory for what is stored or being fetched.");
        return;

        Histogram<double> Seconds(string name, string description, double[] buckets) =>
            meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
    }

    /// <summary>An invalidation has been applied.</summary>
    public void Published(InvalidationRequest request, bool isRepeat, TimeSpan duration, DateTimeOffset now)
    {
        var (source, mode) = (new KeyValuePair<string, object?>("source", SourceOf(request)), new KeyValuePair<string, object?>("mode", isRepeat ? "repeat" : request.Mode == InvalidationMode.Soft ? "soft" : "hard"));
        _invalidations.Add(1, source, mode);
        _duration.Record(duration.TotalSeconds);
        if (isRepeat) return;
        foreach (var ofKind in request.Selectors.CountBy(static selector => selector.Kind)) _selectors.Add(ofKind.Value, new("kind", Word(ofKind.Key)), mode, source);
        if (request.OccurredAt is { } at) _lag.Record(Math.Max(0, (now - at).TotalSeconds), source);
    }

    /// <param name="source">Source of the configuration that it came under.</param>
    /// <param name="code">Why, as a program reads it.</param>
    public void Refused(string source, string code) => _refused.Add(1, new("source", source), new("code", code));

    /// <summary>So many refused messages are kept.</summary>
    public void ShowParked(long count) => Volatile.Write(ref _parked, count);

    // Admins are many and come and go; each would be a series.
    private string SourceOf(InvalidationRequest request) =>
        request.Source == UnsafeRequest || _current().Settings.Invalidation.Sources.ContainsKey(request.Source) ? request.Source : "admin";

    private static long Held(InvalidationTable table) => table.Tenants.Append(null).Sum(tenant => (long)table.Of(tenant).Count);

    private static string Word(SelectorKind kind) => kind switch
    {
        SelectorKind.All => "all",
        SelectorKind.Host => "host",
        SelectorKind.Prefix => "prefix",
        SelectorKind.Url => "url",
        SelectorKind.Tag => "tag",
        _ => "group",
    };
}
