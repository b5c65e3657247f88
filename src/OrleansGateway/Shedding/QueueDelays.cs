namespace OrleansGateway.Shedding;

/// <summary>How long work waited for a thread, over the last 100 looks.</summary>
internal sealed class QueueDelays
{
    private const int Looks = 100;

    private readonly Lock _lock = new();
    private readonly TimeSpan[] _last = new TimeSpan[Looks];
    private long _count;

    public void Add(TimeSpan delay)
    {
        lock (_lock) _last[_count++ % Looks] = delay;
    }

    /// <summary>What nine of ten did not exceed; zero before the first look.</summary>
    public TimeSpan Ninetieth()
    {
        Span<TimeSpan> sorted = stackalloc TimeSpan[Looks];
        lock (_lock)
        {
            sorted = sorted[..(int)Math.Min(_count, Looks)];
            _last.AsSpan(0, sorted.Length).CopyTo(sorted);
        }

        if (sorted.IsEmpty) return TimeSpan.Zero;
        sorted.Sort();
        return sorted[(sorted.Length * 9 + 9) / 10 - 1];
    }
}
