using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>
/// A strict reader of Prometheus' text format 0.0.4, written from its specification and sharing nothing with the writer: it fails at whatever a
/// scraper might stumble over.
/// </summary>
internal sealed partial class Exposition
{
    private static readonly string[] HistogramSuffixes = ["_bucket", "_sum", "_count"];
    private readonly Dictionary<string, string> _types = [];
    private readonly Dictionary<string, double> _samples = [];
    private string _family = "";

    public IReadOnlyDictionary<string, string> Types => _types;
    public IReadOnlyDictionary<string, double> Samples => _samples;

    public static Exposition Of(PrometheusText prometheus)
    {
        var output = new ArrayBufferWriter<byte>();
        prometheus.Write(output);
        return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.WrittenSpan));
    }

    public static Exposition Parse(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("The last line has no line feed.");
        var exposition = new Exposition();
        foreach (var line in text[..^1].Split('\n')) exposition.Take(line);
        foreach (var (family, _) in exposition._types.Where(t => t.Value == "histogram")) exposition.CheckHistogram(family);
        return exposition;
    }

    /// <summary>Value of the one series with this name and these labels, as printed.</summary>
    public double Value(string series) => _samples[series];

    private void Take(string line)
    {
        if (Comment().Match(line) is { Success: true } comment) TakeComment(line, comment);
        else if (Sample().Match(line) is { Success: true } sample) TakeSample(line, sample);
        else throw new FormatException($"Neither a comment nor a sample: {line}");
    }

    private void TakeComment(string line, Match comment)
    {
        var name = comment.Groups["name"].Value;
        if (comment.Groups["kind"].Value == "HELP")
        {
            if (name == _family || _types.ContainsKey(name)) throw new FormatException($"HELP out of place: {line}");
            _family = name;
            return;
        }

        if (name != _family || !_types.TryAdd(name, comment.Groups["rest"].Value)) throw new FormatException($"TYPE out of place: {line}");
        if (_types[name] is not ("counter" or "gauge" or "histogram")) throw new FormatException($"Unknown type: {line}");
    }

    private void TakeSample(string line, Match sample)
    {
        var name = sample.Groups["name"].Value;
        var histogram = _types.GetValueOrDefault(_family) == "histogram";
        var expected = histogram ? HistogramSuffixes.Select(s => _family + s) : [_family];
        if (!expected.Contains(name)) throw new FormatException($"Not under its family {_family}: {line}");
        if (!_types.ContainsKey(_family)) throw new FormatException($"No type: {line}");

        var labels = sample.Groups["label"].Captures.Select(c => c.Value).ToArray();
        if (labels.Distinct().Count() != labels.Length) throw new FormatException($"A label twice: {line}");
        if (!_samples.TryAdd(line[..sample.Groups["value"].Index].TrimEnd(), NumberOf(sample.Groups["value"].Value)))
        {
            throw new FormatException($"A series twice: {line}");
        }
    }

    private void CheckHistogram(string family)
    {
        var buckets = _samples.Where(s => s.Key.StartsWith(family + "_bucket{", StringComparison.Ordinal))
            .Select(s => (Labels: Bound().Replace(s.Key[(family.Length + 7)..], ""), Le: NumberOf(Bound().Match(s.Key).Groups[1].Value), Count: s.Value))
            .GroupBy(b => b.Labels);
        foreach (var series in buckets)
        {
            var list = series.ToArray();
            var suffix = series.Key == "{}" ? "" : series.Key;
            if (!list.Select(b => b.Le).SequenceEqual(list.Select(b => b.Le).Order())) throw new FormatException($"Bounds of {family} do not ascend.");
            if (!list.Select(b => b.Count).SequenceEqual(list.Select(b => b.Count).Order())) throw new FormatException($"Buckets of {family} do not add up.");
            if (!double.IsPositiveInfinity(list[^1].Le)) throw new FormatException($"{family} has no +Inf bucket.");
            if (!list[^1].Count.Equals(_samples[family + "_count" + suffix])) throw new FormatException($"{family}: the count is not the last bucket.");
            _ = _samples[family + "_sum" + suffix];
        }
    }

    private static double NumberOf(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>(?:[^\\]|\\\\|\\n)*)$""")]
    private static partial Regex Comment();

    [GeneratedRegex("""
        ^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:(?:^|,|(?<=\{))(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\\\|\\"|\\n)*")+\})? (?<value>[-+]?(?:Inf|NaN|[0-9.]+(?:[eE][-+]?[0-9]+)?))$
        """)]
    private static partial Regex Sample();

    [GeneratedRegex(""",?le="([^"]*)"(?=\})""")]
    private static partial Regex Bound();
}
