using System.Diagnostics.Metrics;
using System.Text;

namespace OrleansGateway.Telemetry;

/// <summary>OpenTelemetry's names and units in the alphabet of Prometheus, as OpenTelemetry's compatibility specification translates them.</summary>
internal static class MetricNames
{
    /// <summary>Name of an instrument: <c>http.server.request.duration</c> in <c>s</c> becomes <c>http_server_request_duration_seconds</c>.</summary>
    public static string Metric(Instrument instrument, bool counter)
    {
        var name = Sanitized(instrument.Name);
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "", // An annotation such as {request} says what is counted; it is no unit.
        };
        if (!name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>Tags as <c>name="value",…</c>, sorted by name. A tag without a value is left out: to Prometheus an empty label is none.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = tags.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var text = new StringBuilder();
        foreach (var (name, value) in sorted)
        {
            if (value is null) continue;
            if (text.Length > 0) text.Append(',');
            text.Append(Sanitized(name)).Append("=\"").Append(EscapedValue(Convert.ToString(value, CultureInfo.InvariantCulture)!)).Append('"');
        }

        return text.ToString();
    }

    /// <summary>Text of a HELP line, which must stay one line.</summary>
    public static string EscapedHelp(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapedValue(string text) => EscapedHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Sanitized(string name) =>
        string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++) to[i] = char.IsAsciiLetter(from[i]) || (i > 0 && char.IsAsciiDigit(from[i])) ? from[i] : '_';
        });
}
