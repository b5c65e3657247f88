namespace OrleansGateway.Leases.Edges;

/// <summary>An edge's time: since it began, by a clock that never goes back.</summary>
internal sealed class EdgeClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly double _ticksPerStamp = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;
    private long _latest;

    public TimeProvider Provider => time;

    public TimeSpan Now => new((long)((time.GetTimestamp() - _start) * _ticksPerStamp));

    /// <summary>When it last ticked: for what need not be told to the moment. Saves 25 ns.</summary>
    public TimeSpan Latest => new(Volatile.Read(ref _latest));

    public void Tick() => Volatile.Write(ref _latest, Now.Ticks);

    public Task WaitAsync(TimeSpan delay, CancellationToken cancellation) => Task.Delay(delay, time, cancellation);
}
