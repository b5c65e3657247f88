using OrleansGateway.Leases.Calendar;

namespace OrleansGateway.Tests.Leases.Calendar;

public sealed class CalendarPeriodsTests
{
    // Samoa skipped 2011-12-30 as a whole: the one place where a number is left out.
    private static readonly string[] Zones =
        [.. TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id).Where(id => id is not ("Pacific/Apia" or "Pacific/Fakaofo")).Order(StringComparer.Ordinal)];

    public static TheoryData<string, int> Kinds
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var kind in new[] { "days", "days at 2", "weeks", "weeks from sunday at 23", "months", "months on 31", "quarters from february on 30", "years from april on 6" })
            {
                for (var seed = 1; seed <= 3; seed++) data.Add(kind, seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void At_OfAnyInstantInAnyZone_IsInExactlyOnePeriodWithoutGaps(string kind, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 60; i++)
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(Zones[random.Next(Zones.Length)]);
            var instant = new DateTimeOffset(1972, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(random.NextInt64(90L * 366 * 86_400));
            var where = $"{zone.Id} {instant:O} {kind}";
            var period = Of(kind, zone).At(instant);
            for (var step = 0; step < 40; step++)
            {
                // Another object each time, so that nothing remembered can hide a difference.
                var periods = Of(kind, zone);
                Assert.True(period.Start <= instant && instant < period.End, where);
                Assert.True(periods.At(period.Start) == period && Of(kind, zone).At(period.End.AddTicks(-1)) == period, where);
                Assert.True(periods.At(period.Start.AddTicks(-1)).End == period.Start, where);
                var next = periods.At(period.End);
                Assert.True(next.Number == period.Number + 1 && next.Start == period.End, $"{where}: {period} {next}");
                (period, instant) = (next, next.Start + (next.End - next.Start) * random.NextDouble());
            }
        }
    }

    [Theory]
    // Clocks are changed at 2 in Berlin.
    [InlineData("days", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z")]
    [InlineData("days", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z")]
    // At 2 o'clock, which is skipped in spring and comes twice in autumn.
    [InlineData("days at 2", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-29T01:00Z", "2026-03-30T00:00Z")]
    [InlineData("days at 2", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-25T00:00Z", "2026-10-26T01:00Z")]
    // Midnight is skipped in Beirut, and came twice in Havana: the first one counts.
    [InlineData("days", "Asia/Beirut", "2026-03-29T12:00Z", "2026-03-28T22:00Z", "2026-03-29T21:00Z")]
    [InlineData("days", "America/Havana", "2026-11-01T12:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z")]
    // Half an hour on Lord Howe Island.
    [InlineData("days", "Australia/Lord_Howe", "2026-10-03T20:00Z", "2026-10-03T13:30Z", "2026-10-04T13:00Z")]
    [InlineData("weeks", "UTC", "2026-11-22T23:59:59Z", "2026-11-16T00:00Z", "2026-11-23T00:00Z")]
    [InlineData("weeks from sunday at 23", "UTC", "2026-11-22T23:00Z", "2026-11-22T23:00Z", "2026-11-29T23:00Z")]
    [InlineData("weeks from sunday at 23", "UTC", "2026-11-22T22:59:59Z", "2026-11-15T23:00Z", "2026-11-22T23:00Z")]
    [InlineData("months on 31", "UTC", "2028-02-29T00:00Z", "2028-02-29T00:00Z", "2028-03-31T00:00Z")]
    [InlineData("months on 31", "UTC", "2027-02-27T23:00Z", "2027-01-31T00:00Z", "2027-02-28T00:00Z")]
    [InlineData("quarters from february on 30", "UTC", "2027-02-28T00:00Z", "2027-02-28T00:00Z", "2027-05-30T00:00Z")]
    [InlineData("quarters from february on 30", "UTC", "2027-01-01T00:00Z", "2026-11-30T00:00Z", "2027-02-28T00:00Z")]
    // The fiscal year of British persons.
    [InlineData("years from april on 6", "Europe/London", "2026-04-05T22:59Z", "2025-04-05T23:00Z", "2026-04-05T23:00Z")]
    public void At_OfAnInstantKnown_IsThePeriodThatPeopleWouldSay(string kind, string zone, string instant, string start, string end)
    {
        var period = Of(kind, TimeZoneInfo.FindSystemTimeZoneById(zone)).At(Instant(instant));
        Assert.Equal((Instant(start), Instant(end)), (period.Start, period.End));
    }

    [Fact]
    public void At_WhenAZoneSkippedAWholeDay_LeavesThatDayOut()
    {
        var days = CalendarPeriods.Days(TimeZoneInfo.FindSystemTimeZoneById("Pacific/Apia"));
        var before = days.At(Instant("2011-12-30T09:59Z"));
        var after = days.At(before.End);
        Assert.Equal((before.End, before.Number + 2), (after.Start, after.Number));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void At_OfEvenPeriods_HasNoGaps(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1_000; i++)
        {
            var periods = new EvenPeriods(TimeSpan.FromMilliseconds(random.NextInt64(1, 40L * 86_400_000)), DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(1L << 60)));
            var instant = DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(1L << 60));
            var period = periods.At(instant);
            Assert.True(period.Start <= instant && instant < period.End, $"{instant:O}");
            Assert.Equal((period.Number + 1, period.End), (periods.At(period.End).Number, periods.At(period.End).Start));
            Assert.Equal(period, periods.At(period.End.AddTicks(-1)));
        }
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static CalendarPeriods Of(string kind, TimeZoneInfo zone) => kind switch
    {
        "days" => CalendarPeriods.Days(zone),
        "days at 2" => CalendarPeriods.Days(zone, hour: 2),
        "weeks" => CalendarPeriods.Weeks(zone),
        "weeks from sunday at 23" => CalendarPeriods.Weeks(zone, DayOfWeek.Sunday, hour: 23),
        "months" => CalendarPeriods.Months(zone),
        "months on 31" => CalendarPeriods.Months(zone, day: 31),
        "quarters from february on 30" => CalendarPeriods.Months(zone, months: 3, firstMonth: 2, day: 30),
        _ => CalendarPeriods.Months(zone, months: 12, firstMonth: 4, day: 6),
    };
}
