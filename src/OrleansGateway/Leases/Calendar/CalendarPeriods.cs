namespace OrleansGateway.Leases.Calendar;

/// <summary>
/// Days, weeks, months and multiples of months on the wall clocks of a time zone. A period starts at the first instant at which the clocks there show its start, or, where
/// they skip it, something later: a day has 23 or 25 hours when they are changed. Thread-safe.
/// </summary>
internal sealed class CalendarPeriods : IPeriods
{
    // Wide enough for every offset there is or was (−15:14 to +15:14), and for the day that Samoa skipped.
    private static readonly TimeSpan Around = TimeSpan.FromHours(40);

    private readonly TimeZoneInfo _zone;
    private readonly string _calendar;
    private readonly Func<long, DateTime> _startOf;
    private readonly Func<DateTime, long> _numberNear;
    private volatile Known? _last;

    private CalendarPeriods(TimeZoneInfo zone, string calendar, Func<long, DateTime> startOf, Func<DateTime, long> numberNear) =>
        (_zone, _calendar, _startOf, _numberNear) = (zone, calendar, startOf, numberNear);

    /// <summary>Days that start at an hour.</summary>
    public static CalendarPeriods Days(TimeZoneInfo zone, int hour = 0) => Days(zone, length: 1, offset: 0, hour);

    /// <summary>Weeks that start on a day, at an hour.</summary>
    public static CalendarPeriods Weeks(TimeZoneInfo zone, DayOfWeek first = DayOfWeek.Monday, int hour = 0) =>
        // The first day of the calendar, 0001-01-01, was a Monday.
        Days(zone, length: 7, offset: ((int)first + 6) % 7, hour);

    /// <summary>
    /// So many months each (1, 3 for quarters, 12 for years), one of them beginning in <paramref name="firstMonth"/>, on a day of the month, or the last one if the month
    /// is shorter.
    /// </summary>
    public static CalendarPeriods Months(TimeZoneInfo zone, int months = 1, int firstMonth = 1, int day = 1, int hour = 0)
    {
        var offset = (firstMonth - 1) % months;
        return new CalendarPeriods(zone, $"{months} months from {firstMonth}-{day} {hour}", StartOf, local => FloorDiv(local.Year * 12L + local.Month - 1 - offset, months));

        DateTime StartOf(long number)
        {
            var month = number * months + offset;
            var (year, ofYear) = ((int)(month / 12), (int)(month % 12) + 1);
            return new DateTime(year, ofYear, Math.Min(day, DateTime.DaysInMonth(year, ofYear))).AddHours(hour);
        }
    }

    /// <summary>The same periods, however often they are made.</summary>
    public override bool Equals(object? obj) => obj is CalendarPeriods other && _calendar == other._calendar && _zone.Equals(other._zone);

    public override int GetHashCode() => HashCode.Combine(_zone.Id, _calendar);

    public Period At(DateTimeOffset instant)
    {
        var last = _last;
        if (last is not null && instant >= last.Period.Start && instant < last.Period.End) return last.Period;
        var number = _numberNear(TimeZoneInfo.ConvertTime(instant, _zone).DateTime);
        // A guess by the wall clock: it may be one off where the start is within the day, or the clocks were changed.
        while (InstantOf(_startOf(number)) > instant) number--;
        var (start, end) = (InstantOf(_startOf(number)), InstantOf(_startOf(number + 1)));
        while (end <= instant) (number, start, end) = (number + 1, end, InstantOf(_startOf(number + 2)));
        var period = new Period(number, start, end);
        _last = new Known(period);
        return period;
    }

    private static CalendarPeriods Days(TimeZoneInfo zone, int length, int offset, int hour) => new(
        zone,
        $"{length} days from {offset} {hour}",
        number => DateTime.MinValue.AddDays(number * length + offset).AddHours(hour),
        local => FloorDiv(local.Ticks / TimeSpan.TicksPerDay - offset, length));

    private DateTimeOffset InstantOf(DateTime local)
    {
        var asUtc = new DateTimeOffset(local, TimeSpan.Zero);
        var (before, after) = (_zone.GetUtcOffset(asUtc - Around), _zone.GetUtcOffset(asUtc + Around));
        // Where clocks show it twice, the first time counts: that with the greater offset.
        var (greater, lesser) = before > after ? (before, after) : (after, before);
        if (_zone.GetUtcOffset(asUtc - greater) == greater) return asUtc - greater;
        if (_zone.GetUtcOffset(asUtc - lesser) == lesser) return asUtc - lesser;
        return FirstShowing(asUtc - Around, asUtc + Around, local);
    }

    /// <summary>First instant between the two at which the clocks show a time or a later one, to the tick.</summary>
    private DateTimeOffset FirstShowing(DateTimeOffset earlier, DateTimeOffset later, DateTime local)
    {
        while (later - earlier > TimeSpan.FromTicks(1))
        {
            var middle = earlier + (later - earlier) / 2;
            if (TimeZoneInfo.ConvertTime(middle, _zone).DateTime >= local) later = middle;
            else earlier = middle;
        }

        return later;
    }

    private static long FloorDiv(long number, long by) => number >= 0 ? number / by : -((by - 1 - number) / by);

    private sealed record Known(Period Period);
}
