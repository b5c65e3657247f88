using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Periods that are all of the same length.</summary>
internal sealed class EvenPeriods(TimeSpan length) : IPeriods
{
    public Period At(DateTimeOffset instant)
    {
        var number = instant.UtcTicks / length.Ticks;
        var start = new DateTimeOffset(number * length.Ticks, TimeSpan.Zero);
        return new Period(number, start, start + length);
    }
}
