namespace OrleansGateway.Configuration;

/// <summary>Telemetry: headers that can be sent, nothing stated that would have no effect, and what a reload may change.</summary>
internal static class TelemetryRules
{
    private const string Traces = "telemetry.traces";
    private const string Metrics = "telemetry.metrics";

    public static void Check(TelemetrySettings telemetry, Findings findings)
    {
        HeaderRules.Check(telemetry.Traces.Headers, Traces, hasKey: false, findings);
        HeaderRules.Check(telemetry.Metrics.Headers, Metrics, hasKey: false, findings);
        CheckEndpoint(Traces, ["protocol", "sample_ratio", "headers"], findings);
        CheckEndpoint(Metrics, ["protocol", "interval", "headers"], findings);
    }

    /// <summary>The settings that differ and are read at start only, as their owner and name.</summary>
    public static IEnumerable<(string Owner, string Field)> FixedChanges(TelemetrySettings running, TelemetrySettings next)
    {
        if (running.Traces.Endpoint != next.Traces.Endpoint) yield return (Traces, "endpoint");
        if (running.Traces.Protocol != next.Traces.Protocol) yield return (Traces, "protocol");
        if (!Same(running.Traces.Headers, next.Traces.Headers)) yield return (Traces, "headers");
        if (running.Metrics.Endpoint != next.Metrics.Endpoint) yield return (Metrics, "endpoint");
        if (running.Metrics.Protocol != next.Metrics.Protocol) yield return (Metrics, "protocol");
        if (running.Metrics.Interval != next.Metrics.Interval) yield return (Metrics, "interval");
        if (!Same(running.Metrics.Headers, next.Metrics.Headers)) yield return (Metrics, "headers");
    }

    private static void CheckEndpoint(string owner, string[] fields, Findings findings)
    {
        if (findings.IsGiven(SettingPath.Field(owner, "endpoint"))) return;
        foreach (var field in fields.Where(f => findings.IsGiven(SettingPath.Field(owner, f))))
        {
            findings.Report(owner, field, $"Nothing is sent without an endpoint; add the field endpoint, or take {field} out.");
        }
    }

    private static bool Same(IReadOnlyDictionary<string, Secret> a, IReadOnlyDictionary<string, Secret> b) =>
        a.Count == b.Count && a.All(header => b.TryGetValue(header.Key, out var other) && other.Reveal() == header.Value.Reveal());
}
