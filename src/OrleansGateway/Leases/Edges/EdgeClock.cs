namespace OrleansGateway.Leases.Edges;

/// <summary>An edge's time: since it began, by a clock that never goes back, with the time that the machine stood still as soon as the wall clock shows it.</summary>
internal sealed class EdgeClock
{
    private static readonly long StopMax = TimeSpan.FromMilliseconds(10).Ticks;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly double _ticksPerStamp;
    private readonly Standstill _standstill;
    private readonly Lock _lock = new();
    private long _latest;

    public EdgeClock(TimeProvider time)
    {
        (_time, _start, _ticksPerStamp) = (time, time.GetTimestamp(), (double)TimeSpan.TicksPerSecond / time.TimestampFrequency);
        _standstill = new Standstill(0, time.GetUtcNow().Ticks);
    }

    public TimeProvider Provider => _time;

    public TimeSpan Now => _standstill.TryTell(Elapsed, _time.GetUtcNow().Ticks, out var now) ? now : LookAgain();

    /// <summary>When it last ticked: for what need not be told to the moment.</summary>
    public TimeSpan Latest => new(Volatile.Read(ref _latest));

    public void Tick() => Volatile.Write(ref _latest, Now.Ticks);

    public Task WaitAsync(TimeSpan delay, CancellationToken cancellation) => Task.Delay(delay, _time, cancellation);

    private long Elapsed => (long)((_time.GetTimestamp() - _start) * _ticksPerStamp);

    private TimeSpan LookAgain()
    {
        lock (_lock)
        {
            long before, wall;
            do
            {
                (before, wall) = (Elapsed, _time.GetUtcNow().Ticks);
            }
            // This thread was stopped after it had looked at the one clock and before the other: that says nothing of the machine.
            while (Elapsed - before > StopMax);

            _standstill.Notice(before, wall);
            _standstill.TryTell(before, wall, out var now);
            return now;
        }
    }
}
