namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// The monotonic clock of one machine: it starts anywhere, runs a little too fast or too slow, and stands still while the machine is suspended. The wall clock is true: what
/// calendars do when it is not is no matter of leases.
/// </summary>
/// <param name="agenda">True time.</param>
/// <param name="driftPpm">How much too fast, in millionths.</param>
/// <param name="offset">What it shows at the start.</param>
internal sealed class MachineClock(Agenda agenda, int driftPpm, TimeSpan offset)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 22, 0, 0, TimeSpan.Zero);

    private TimeSpan _stood;

    public int DriftPpm => driftPpm;

    public TimeSpan Monotonic => MonotonicAt(agenda.Now);

    public DateTimeOffset Utc => UtcAt(agenda.Now);

    public static DateTimeOffset UtcAt(TimeSpan trueTime) => Start + trueTime;

    public static TimeSpan TrueTimeAt(DateTimeOffset utc) => utc - Start;

    /// <summary>The machine was suspended for so long: this clock has not noticed.</summary>
    public void Stood(TimeSpan time) => _stood += time;

    private TimeSpan MonotonicAt(TimeSpan trueTime)
    {
        var ran = (trueTime - _stood).Ticks;
        return new TimeSpan(offset.Ticks + ran + (long)((Int128)ran * driftPpm / 1_000_000));
    }
}
