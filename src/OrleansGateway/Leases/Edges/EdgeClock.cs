namespace OrleansGateway.Leases.Edges;

/// <summary>An edge's time: since it began, by a clock that never goes back.</summary>
internal sealed class EdgeClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Provider => time;

    public TimeSpan Now => time.GetElapsedTime(_start);

    public Task WaitAsync(TimeSpan delay, CancellationToken cancellation) => Task.Delay(delay, time, cancellation);
}
