using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>The steps of a report: where each begins and ends, cut to the time asked for. In their order, without gaps.</summary>
/// <param name="Intervals">The steps.</param>
/// <param name="ExactFrom">The last place where one had to end elsewhere than asked for, or where usage that was asked for begins; none if all is as asked.</param>
internal sealed record UsageSteps(IReadOnlyList<UsageInterval> Intervals, DateTimeOffset? ExactFrom)
{
    /// <summary>Steps of one report.</summary>
    public const int Max = 100_000;

    private const int DaysOfWeek = 7;

    /// <summary>Throws <see cref="ArgumentException"/> if they are too many.</summary>
    public static UsageSteps Of(UsageQuery query, UsageKept kept)
    {
        var steps = new List<UsageInterval>();
        var (from, to) = (UsageTime.Of(query.From), UsageTime.Of(query.To));
        var exact = from < kept.Days ? kept.Days : long.MinValue;
        for (var begin = Begin(query, query.From); begin < query.To;)
        {
            var next = Next(query, begin);
            var (first, last) = (Snap(Math.Max(from, UsageTime.Of(begin))), Snap(Math.Min(to, UsageTime.Of(next))));
            if (first < last) steps.Add(new UsageInterval(first, last, query.Step == UsageStep.None ? null : begin));
            if (steps.Count > Max) throw new ArgumentException($"The report would have more than {Max} steps. Ask for longer steps, or for less time.");
            begin = next;
        }

        return new UsageSteps(steps, exact == long.MinValue ? null : UsageTime.Instant(exact));

        // Where finer sums are gone, steps begin and end where the coarser ones do: nothing is lost, and nothing counted twice.
        long Snap(long at)
        {
            var snapped = kept.Snap(at);
            if (snapped != at) exact = Math.Max(exact, at);
            return snapped;
        }
    }

    private static DateTimeOffset Begin(UsageQuery query, DateTimeOffset at)
    {
        if (query.Step == UsageStep.None) return at;
        if (query.Step is UsageStep.Minute or UsageStep.Hour)
        {
            return UsageTime.Instant((query.Step == UsageStep.Minute ? UsageGrain.Minute : UsageGrain.Hour).Floor(UsageTime.Of(at)));
        }

        var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, query.Zone).DateTime);
        return Midnight(query.Zone, query.Step switch
        {
            UsageStep.Week => date.AddDays(-(((int)date.DayOfWeek + DaysOfWeek - (int)DayOfWeek.Monday) % DaysOfWeek)),
            UsageStep.Month => new DateOnly(date.Year, date.Month, 1),
            _ => date,
        });
    }

    private static DateTimeOffset Next(UsageQuery query, DateTimeOffset begin) => query.Step switch
    {
        UsageStep.None => query.To,
        UsageStep.Minute => begin.AddMinutes(1),
        UsageStep.Hour => begin.AddHours(1),
        UsageStep.Week => Midnight(query.Zone, Date(begin).AddDays(DaysOfWeek)),
        UsageStep.Month => Midnight(query.Zone, Date(begin).AddMonths(1)),
        _ => Midnight(query.Zone, Date(begin).AddDays(1)),
    };

    private static DateOnly Date(DateTimeOffset begin) => DateOnly.FromDateTime(begin.DateTime);

    // Where clocks go forward at midnight the day begins with the first time that there is; where they go back over it, with the first of the two.
    private static DateTimeOffset Midnight(TimeZoneInfo zone, DateOnly date)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}

/// <param name="From">Microseconds since 1970.</param>
/// <param name="To">Before there.</param>
/// <param name="At">Begin of the whole step; none without steps.</param>
internal readonly record struct UsageInterval(long From, long To, DateTimeOffset? At);
