using System.Collections.Concurrent;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace OrleansGateway.Telemetry;

/// <summary>
/// All series of one instrument, at most <see cref="SeriesMax"/>: what comes after shares one series labelled
/// <c>otel_metric_overflow="true"</c>, as OpenTelemetry's SDKs do. Sums stay right, memory and scrapes stay bounded.
/// </summary>
internal sealed class SeriesTable
{
    /// <summary>Most series of one instrument, the shared one included. OpenTelemetry's default.</summary>
    public const int SeriesMax = 2_000;

    private readonly double[] _bounds;
    private readonly ConcurrentDictionary<Tag[], Series> _byTags = new(TagComparer.Instance);
    private readonly ConcurrentDictionary<Tag[], Series>.AlternateLookup<ReadOnlySpan<Tag>> _find;
    private readonly Dictionary<string, Series> _byLabels = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();
    private volatile Series? _overflow;

    public SeriesTable(double[] bounds)
    {
        _bounds = bounds;
        _find = _byTags.GetAlternateLookup<ReadOnlySpan<Tag>>();
    }

    public double[] Bounds => _bounds;

    /// <summary>The series of these tags. Once it exists, finding it takes no lock and allocates nothing; nor does overflowing.</summary>
    public Series Of(ReadOnlySpan<Tag> tags) => _find.TryGetValue(tags, out var series) ? series : _overflow ?? Add(tags);

    /// <summary>The series of this moment, those of equal labels next to each other from scrape to scrape.</summary>
    public Series[] All()
    {
        lock (_adding)
        {
            return [.. _byLabels.Values.OrderBy(s => s.Labels, StringComparer.Ordinal)];
        }
    }

    /// <summary>Forgets everything: an observed instrument says anew at each scrape which series it has.</summary>
    public void Clear()
    {
        lock (_adding)
        {
            _byTags.Clear();
            _byLabels.Clear();
            _overflow = null;
        }
    }

    private Series Add(ReadOnlySpan<Tag> tags)
    {
        lock (_adding)
        {
            // Two call sites may name the same tags in another order: the printed labels, which are sorted, decide.
            var labels = MetricNames.Labels(tags);
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= SeriesMax - 1) return _overflow ??= Keep("otel_metric_overflow=\"true\"");
                series = Keep(labels);
            }

            _find.TryAdd(tags, series);
            return series;
        }
    }

    private Series Keep(string labels) => _byLabels[labels] = new Series(labels, _bounds);
}
