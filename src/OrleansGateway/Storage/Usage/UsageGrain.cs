namespace OrleansGateway.Storage.Usage;

/// <summary>How finely usage is summed. The finer follows the coarser.</summary>
internal enum UsageGrain
{
    Day, Hour, Minute,

    /// <summary>Not at all: records.</summary>
    Record,
}

internal static class UsageGrains
{
    /// <summary>Microseconds.</summary>
    public static long Length(this UsageGrain grain) => grain switch
    {
        UsageGrain.Day => TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond,
        UsageGrain.Hour => TimeSpan.TicksPerHour / TimeSpan.TicksPerMicrosecond,
        UsageGrain.Minute => TimeSpan.TicksPerMinute / TimeSpan.TicksPerMicrosecond,
        _ => 1,
    };

    public static string Table(this UsageGrain grain) => grain switch
    {
        UsageGrain.Day => "usage_days",
        UsageGrain.Hour => "usage_hours",
        UsageGrain.Minute => "usage_minutes",
        _ => "usage_records",
    };

    /// <summary>Begin of the day, hour or minute.</summary>
    public static long Floor(this UsageGrain grain, long at)
    {
        var rest = at % grain.Length();
        return at - (rest < 0 ? rest + grain.Length() : rest);
    }

    public static long Ceiling(this UsageGrain grain, long at)
    {
        var floor = grain.Floor(at);
        return floor == at ? at : floor + grain.Length();
    }
}

/// <summary>Instants as the tables have them: microseconds since 1970.</summary>
internal static class UsageTime
{
    public static long Of(DateTimeOffset at) => (at.UtcTicks / TimeSpan.TicksPerMicrosecond) - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset Instant(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
