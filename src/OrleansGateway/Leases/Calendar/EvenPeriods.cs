namespace OrleansGateway.Leases.Calendar;

/// <summary>Periods of one length, counted from an instant.</summary>
/// <param name="length">How long each is.</param>
/// <param name="origin">Start of number 0.</param>
internal sealed class EvenPeriods(TimeSpan length, DateTimeOffset origin) : IPeriods
{
    /// <summary>Counted from 1970 on, at the same instants for everyone.</summary>
    public EvenPeriods(TimeSpan length) : this(length, DateTimeOffset.UnixEpoch) { }

    public Period At(DateTimeOffset instant)
    {
        var since = instant.UtcTicks - origin.UtcTicks;
        var number = since >= 0 ? since / length.Ticks : (since + 1) / length.Ticks - 1;
        var start = origin.AddTicks(number * length.Ticks);
        return new Period(number, start, start + length);
    }
}
