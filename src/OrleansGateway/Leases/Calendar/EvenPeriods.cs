namespace OrleansGateway.Leases.Calendar;

/// <summary>Periods of one length, counted from an instant.</summary>
/// <param name="Length">How long each is.</param>
/// <param name="Origin">Start of number 0.</param>
internal sealed record EvenPeriods(TimeSpan Length, DateTimeOffset Origin) : IPeriods
{
    /// <summary>Counted from 1970 on, at the same instants for everyone.</summary>
    public EvenPeriods(TimeSpan length) : this(length, DateTimeOffset.UnixEpoch) { }

    public Period At(DateTimeOffset instant)
    {
        var since = instant.UtcTicks - Origin.UtcTicks;
        var number = since >= 0 ? since / Length.Ticks : (since + 1) / Length.Ticks - 1;
        var start = Origin.AddTicks(number * Length.Ticks);
        return new Period(number, start, start + Length);
    }
}
