namespace OrleansGateway.Leases.Owners;

/// <summary>Units that come back steadily, in whole numbers, with nothing lost to rounding: the remainder is kept.</summary>
/// <param name="Units">Units that come back in <c>Ticks</c>.</param>
/// <param name="Ticks">A time, in ticks of 100 ns. Above 0.</param>
internal readonly record struct Refill(long Units, long Ticks)
{
    /// <summary>Whole units after some time; <paramref name="rest"/> is what is left of one, in units of 1/<see cref="Ticks"/>.</summary>
    public long After(TimeSpan time, ref long rest)
    {
        if (time <= TimeSpan.Zero || Units <= 0 || Ticks <= 0) return 0;
        var high = Math.BigMul(time.Ticks, Units, out var low);
        if (high == 0 && low >= 0 && low <= long.MaxValue - rest)
        {
            var (whole, left) = Math.DivRem(low + rest, Ticks);
            rest = left;
            return whole;
        }

        var (units, remainder) = Int128.DivRem(((Int128)time.Ticks * Units) + rest, Ticks);
        rest = (long)remainder;
        return (long)Int128.Min(units, long.MaxValue);
    }

    /// <summary>A level after some time; it does not rise above a cap, where no part of a unit is kept.</summary>
    public long Fill(long level, TimeSpan time, long cap, ref long rest)
    {
        var filled = (Int128)level + After(time, ref rest);
        if (filled < cap) return (long)filled;
        rest = 0;
        return cap;
    }

    /// <summary>The time, rounded up, until this many more units are there.</summary>
    public TimeSpan TimeFor(long units, long rest)
    {
        if (units <= 0) return TimeSpan.Zero;
        if (Units <= 0) return TimeSpan.MaxValue;
        var needed = ((Int128)units * Ticks) - rest;
        var ticks = (needed + Units - 1) / Units;
        return ticks > TimeSpan.MaxValue.Ticks / 4 ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)ticks);
    }
}
