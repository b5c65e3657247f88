using System.Text;
using OrleansGateway.Http;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

/// <summary>What a report must say, by the shortest way: all records, one by one.</summary>
internal static class UsageTruth
{
    public static string Report(IEnumerable<UsageRecord> records, UsageQuery query)
    {
        var asked = records.Where(r => r.At >= query.From && r.At < query.To && IsAsked(r, query.Only)).ToArray();
        var rows = asked
            .SelectMany(r => Tags(r, query).Select(tag => (Record: r, At: Begin(r.At, query), Values: query.By.Select(d => d == UsageDimension.Tag ? tag : UsageDimensions.Of(r, d)).ToArray())))
            .GroupBy(r => (r.At, Name: string.Join('\u0001', r.Values)))
            .Select(g => new UsageRow(g.Key.At, g.First().Values, Sum(g.Select(r => r.Record))))
            .OrderBy(r => r.At).ThenByDescending(r => r.Sums.Cost.Total).ThenBy(r => string.Join('\u0001', r.Values), StringComparer.Ordinal).ToArray();
        var page = rows.Skip(query.Offset).Take(query.Limit).ToArray();
        return Describe(new UsageReport(page, Sum(asked), rows.Length > query.Offset + query.Limit));
    }

    public static string Describe(UsageReport report)
    {
        var text = new StringBuilder();
        foreach (var row in report.Rows) text.AppendLine(CultureInfo.InvariantCulture, $"{row.At?.UtcDateTime:O} [{string.Join('|', row.Values)}] {row.Sums}");
        return text.AppendLine(CultureInfo.InvariantCulture, $"total {report.Total} more {report.More}").ToString();
    }

    public static UsageSums Sum(IEnumerable<UsageRecord> records)
    {
        var sums = default(UsageSums);
        foreach (var record in records)
        {
            var (isAttempt, isRequest) = (record.Kind != UsageKind.Correction && record.Attempt > 0, record.Kind != UsageKind.Correction && record.IsLast);
            sums = sums with
            {
                Requests = sums.Requests + (isRequest ? 1 : 0),
                Attempts = sums.Attempts + (isAttempt ? 1 : 0),
                Failed = sums.Failed + (isRequest && record.Outcome is CallOutcome.Refused or CallOutcome.UpstreamError or CallOutcome.UpstreamCut or CallOutcome.GatewayStopped && isRequest ? 1 : 0),
                Tokens = Add(sums.Tokens, record.Tokens),
                Cost = sums.Cost + record.Cost,
                Billed = sums.Billed + record.Billed,
                Duration = sums.Duration + (isAttempt ? Micros(record.Duration) : default),
                ToFirstByte = sums.ToFirstByte + (isAttempt ? Micros(record.ToFirstByte ?? default) : default),
                FirstBytes = sums.FirstBytes + (isAttempt && record.ToFirstByte is not null ? 1 : 0),
            };
        }

        return sums;
    }

    private static bool IsAsked(UsageRecord record, IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> only) =>
        only.All(o => o.Key == UsageDimension.Tag ? AllTags(record).Any(o.Value.Contains) : o.Value.Contains(UsageDimensions.Of(record, o.Key)));

    private static IEnumerable<string> Tags(UsageRecord record, UsageQuery query)
    {
        if (!query.By.Contains(UsageDimension.Tag)) return [""];
        return query.Only.TryGetValue(UsageDimension.Tag, out var only) ? AllTags(record).Where(only.Contains) : AllTags(record);
    }

    private static IEnumerable<string> AllTags(UsageRecord record) => record.Tags.Count == 0 ? [""] : record.Tags.Distinct();

    private static DateTimeOffset? Begin(DateTimeOffset at, UsageQuery query)
    {
        if (query.Step == UsageStep.None) return null;
        var length = query.Step == UsageStep.Minute ? TimeSpan.TicksPerMinute : TimeSpan.TicksPerHour;
        if (query.Step is UsageStep.Minute or UsageStep.Hour) return new DateTimeOffset(at.UtcTicks - (at.UtcTicks % length), TimeSpan.Zero);
        // Back by minutes to the first that is still the same day, then to the day that begins the step: slow, and right by definition.
        var begin = new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        while (Step(begin.AddMinutes(-1), query) == Step(at, query)) begin = Step(begin.AddHours(-3), query) == Step(at, query) ? begin.AddHours(-3) : begin.AddMinutes(-1);
        return begin;
    }

    private static DateOnly Step(DateTimeOffset at, UsageQuery query)
    {
        var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, query.Zone).DateTime);
        if (query.Step == UsageStep.Month) return new DateOnly(date.Year, date.Month, 1);
        if (query.Step == UsageStep.Day) return date;
        while (date.DayOfWeek != DayOfWeek.Monday) date = date.AddDays(-1);
        return date;
    }

    private static TimeSpan Micros(TimeSpan time) => TimeSpan.FromMicroseconds(time.Ticks / TimeSpan.TicksPerMicrosecond);

    private static TokenUsage Add(TokenUsage one, TokenUsage other)
    {
        object sum = default(TokenUsage);
        foreach (var property in typeof(TokenUsage).GetProperties().Where(p => p.CanWrite)) property.SetValue(sum, (long)property.GetValue(one)! + (long)property.GetValue(other)!);
        return (TokenUsage)sum;
    }
}
