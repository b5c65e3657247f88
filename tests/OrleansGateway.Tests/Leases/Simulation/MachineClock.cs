namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// The clocks of one machine. The monotonic one starts anywhere, runs a little too fast or too slow, and stands still while the whole machine does; the wall clock runs as fast, stands still
/// with it, and may be set. Owners have the calendar from somewhere better.
/// </summary>
/// <param name="agenda">True time.</param>
/// <param name="driftPpm">How much too fast, in millionths.</param>
/// <param name="offset">What it shows at the start.</param>
internal sealed class MachineClock(Agenda agenda, int driftPpm, TimeSpan offset)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 22, 0, 0, TimeSpan.Zero);

    private TimeSpan _stood;
    private TimeSpan _set;

    public int DriftPpm => driftPpm;

    public TimeSpan Monotonic => MonotonicAt(agenda.Now);

    public TimeSpan Wall => Monotonic + _set;

    /// <summary>True: what calendars do when it is not is no matter of leases.</summary>
    public DateTimeOffset Utc => UtcAt(agenda.Now);

    public static DateTimeOffset UtcAt(TimeSpan trueTime) => Start + trueTime;

    public static TimeSpan TrueTimeAt(DateTimeOffset utc) => utc - Start;

    /// <summary>The machine was paused for so long, from outside: no clock has noticed.</summary>
    public void Stood(TimeSpan time) => _stood += time;

    /// <summary>Somebody sets the wall clock, so much forward or back.</summary>
    public void SetWall(TimeSpan by) => _set += by;

    private TimeSpan MonotonicAt(TimeSpan trueTime)
    {
        var ran = (trueTime - _stood).Ticks;
        return new TimeSpan(offset.Ticks + ran + (long)((Int128)ran * driftPpm / 1_000_000));
    }
}
