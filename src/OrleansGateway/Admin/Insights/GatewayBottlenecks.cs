using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Time that requests lose in the gateway itself: they wait 5 % of their time or more before they are sent; they open connections 5 % of their time or more; the log of usage is a
/// second or more behind its store.
/// </summary>
internal static class GatewayBottlenecks
{
    private const int Percent = 5;
    private const int AttemptsMin = 20;

    public static IEnumerable<InsightDocument> Of(IReadOnlyList<UsageRecord> sample)
    {
        var made = sample.Where(r => r is { Attempt: 1, Kind: UsageKind.Attempt, Provider: not null }).ToArray();
        if (made.Length < AttemptsMin) yield break;
        var whole = made.Sum(r => r.Queued.Ticks + r.Duration.Ticks);
        if (Insight("gateway_queue", "before they are sent: in queues of limits, or for the gateway's own work", r => r.Queued) is { } queue) yield return queue;
        if (Insight("new_connections", "for new connections to providers: keep them open longer, or warm", r => r.Connected) is { } connections) yield return connections;

        InsightDocument? Insight(string kind, string what, Func<UsageRecord, TimeSpan> part)
        {
            var lost = made.Sum(r => part(r).Ticks);
            if (whole == 0 || lost * 100 < whole * Percent) return null;
            return InsightDocument.Of(
                kind, null, "gateway", $"Requests wait {lost * 100 / whole} % of their time {what}.", null, ("requests", made.Length), ("lost_ms", lost / TimeSpan.TicksPerMillisecond),
                ("whole_ms", whole / TimeSpan.TicksPerMillisecond), ("p95_ms", ProviderTroubles.Percentile(made.Select(part), 95)));
        }
    }

    /// <param name="lag">How long it took until all that was used was in the store; none if the time was up first.</param>
    /// <param name="patience">That time.</param>
    public static IEnumerable<InsightDocument> OfLog(TimeSpan? lag, TimeSpan patience)
    {
        if (lag < TimeSpan.FromSeconds(1)) yield break;
        var seconds = (lag ?? patience).TotalSeconds;
        yield return InsightDocument.Of(
            "usage_log_lag", null, "gateway", string.Create(CultureInfo.InvariantCulture, $"Usage is {(lag is null ? "more than " : "")}{seconds:0.#} s behind in its store. See /readyz and the disk."), null,
            ("lag_at_least_ms", (long)(seconds * 1_000)));
    }
}
