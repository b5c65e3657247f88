using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;

namespace OrleansGateway.Telemetry;

/// <summary>One instrument as Prometheus sees it: a name, a type, and its series.</summary>
internal sealed class MetricFamily
{
    private readonly string _type;
    private readonly string _help;
    private readonly bool _observed;
    private readonly SeriesTable _series;

    public MetricFamily(Instrument instrument)
    {
        _type = TypeOf(instrument);
        _observed = instrument.IsObservable;
        _help = MetricNames.EscapedHelp(instrument.Description ?? "");
        _series = new SeriesTable(_type == "histogram" ? BoundsOf(instrument) : []);
        Name = MetricNames.Metric(instrument, counter: _type == "counter");
    }

    public string Name { get; }

    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _series.Of(tags);
        if (_observed) series.Set(value);
        else if (_series.Bounds.Length > 0) series.Observe(value);
        else series.Add(value);
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _series.Of(tags);
        if (_observed) series.Set(value);
        else if (_series.Bounds.Length > 0) series.Observe(value);
        else series.Add(value);
    }

    /// <summary>Drops what was observed at the last scrape, so that what is gone since does not stay for ever.</summary>
    public void Forget()
    {
        if (_observed) _series.Clear();
    }

    public void Write(IBufferWriter<byte> output)
    {
        var all = _series.All();
        if (all.Length == 0) return;
        Text(output, $"# HELP {Name} {_help}\n# TYPE {Name} {_type}\n");
        foreach (var series in all)
        {
            if (_type == "histogram") WriteHistogram(output, series);
            else Text(output, $"{Name}{Braced(series.Labels)} {Number(series.Value)}\n");
        }
    }

    private void WriteHistogram(IBufferWriter<byte> output, Series series)
    {
        var separator = series.Labels.Length == 0 ? "" : ",";
        var below = 0L;
        for (var i = 0; i <= _series.Bounds.Length; i++)
        {
            below += series.InBucket(i);
            var bound = i == _series.Bounds.Length ? double.PositiveInfinity : _series.Bounds[i];
            Text(output, $"{Name}_bucket{{{series.Labels}{separator}le=\"{Number(bound)}\"}} {below}\n");
        }

        // The count is what the buckets hold: read apart, it could differ from the last bucket, which the format forbids.
        Text(output, $"{Name}_sum{Braced(series.Labels)} {Number(series.Value)}\n{Name}_count{Braced(series.Labels)} {below}\n");
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        // The runtime calls these counters, but they go up and down, which a rate() would take for restarts.
        { Name: "dotnet.thread_pool.thread.count" or "dotnet.thread_pool.queue.length" } => "gauge",
        Counter<long> or Counter<double> or ObservableCounter<long> or ObservableCounter<double> => "counter",
        Histogram<long> or Histogram<double> => "histogram",
        _ => "gauge",
    };

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        _ => throw new ArgumentException($"Histogram {instrument.Name} must be of double and state its buckets.", nameof(instrument)),
    };

    private static string Braced(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static void Text(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
