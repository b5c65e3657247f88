using System.Diagnostics;

namespace OrleansGateway.Bench.Load;

/// <summary>Holds a transfer to a rate from its first byte on. Where the reader waits, it reads nothing: the server must hold back.</summary>
internal sealed class Pace(double bytesPerSecond)
{
    private long _startedAt;

    /// <summary>Waits until so many bytes may have passed.</summary>
    public ValueTask KeepAsync(long bytes, CancellationToken cancellation)
    {
        if (double.IsInfinity(bytesPerSecond)) return default;
        if (_startedAt == 0) _startedAt = Stopwatch.GetTimestamp();
        var early = TimeSpan.FromSeconds(bytes / bytesPerSecond) - Stopwatch.GetElapsedTime(_startedAt);
        // Timers are good to a millisecond.
        return early < TimeSpan.FromMilliseconds(2) ? default : new ValueTask(Task.Delay(early, cancellation));
    }
}
