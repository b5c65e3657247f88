using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Providers that fail: at least 20 attempts, of which 5 % or more ended with an error or a cut. And providers that are slow: their 95th percentile of the time to the first byte is
/// at least twice that of another provider of the same model, with 20 answers of each among the records read.
/// </summary>
internal static class ProviderTroubles
{
    public static readonly UsageDimension[] By = [UsageDimension.Provider, UsageDimension.Outcome];

    private const int AttemptsMin = 20;
    private const int FailingPercent = 5;

    public static IEnumerable<InsightDocument> Failing(IReadOnlyList<UsageRow> rows, IReadOnlyList<UsageRecord> sample)
    {
        string[] bad = [CallOutcome.UpstreamError.Word(), CallOutcome.UpstreamCut.Word()];
        foreach (var provider in rows.Where(r => r.Values[0].Length > 0).GroupBy(r => r.Values[0]))
        {
            var attempts = provider.Sum(r => r.Sums.Attempts);
            var failed = provider.Where(r => bad.Contains(r.Values[1])).Sum(r => r.Sums.Attempts);
            if (attempts < AttemptsMin || failed * 100 < attempts * FailingPercent) continue;
            var perMille = failed * 1_000 / attempts;
            var durations = sample.Where(r => r.Provider == provider.Key).Select(r => r.Duration);
            yield return InsightDocument.Of(
                "failing_provider", null, provider.Key, string.Create(CultureInfo.InvariantCulture, $"{failed} of {attempts} attempts failed: {perMille / 10m:0.#} %."), null, ("attempts", attempts),
                ("failed_attempts", failed), ("failed_per_mille", perMille), ("p95_duration_ms", Percentile(durations, 95)));
        }
    }

    public static IEnumerable<InsightDocument> Slow(IReadOnlyList<UsageRecord> sample)
    {
        foreach (var model in sample.Where(r => r is { Provider: not null, ToFirstByte: not null, Outcome: CallOutcome.Completed }).GroupBy(r => r.Model))
        {
            var providers = model.GroupBy(r => r.Provider!).Where(p => p.Count() >= AttemptsMin)
                .Select(p => (Id: p.Key, Count: p.Count(), P50: Percentile(p.Select(r => r.ToFirstByte!.Value), 50), P95: Percentile(p.Select(r => r.ToFirstByte!.Value), 95))).OrderBy(p => p.P95).ToArray();
            foreach (var slow in providers.Skip(1).Where(p => p.P95 >= 2 * Math.Max(1, providers[0].P95)))
            {
                yield return InsightDocument.Of(
                    "slow_provider", null, $"{model.Key}: {slow.Id}", $"Of its answers 5 % take longer than {slow.P95} ms to begin; at {providers[0].Id} it is {providers[0].P95} ms.", null,
                    ("p95_first_byte_ms", slow.P95), ("p50_first_byte_ms", slow.P50), ("fastest_p95_first_byte_ms", providers[0].P95), ("answers", slow.Count));
            }
        }
    }

    /// <summary>Milliseconds that so many in a hundred take at most; 0 of none.</summary>
    public static long Percentile(IEnumerable<TimeSpan> times, int percent)
    {
        var sorted = times.Order().ToArray();
        // Nearest rank: the value is one that was measured.
        return sorted.Length == 0 ? 0 : (long)sorted[(((sorted.Length * percent) + 99) / 100) - 1].TotalMilliseconds;
    }
}
