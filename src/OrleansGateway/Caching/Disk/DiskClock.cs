namespace OrleansGateway.Caching.Disk;

/// <summary>
/// Time as the store counts it, in milliseconds: it goes on from run to run, and never back. While the gateway runs it goes by elapsed time, so that a clock that is set changes nothing;
/// over a stop it goes by the clock of the machine. If that has gone back meanwhile, nobody knows how long the stop was: then so much is counted that nothing of before is fresh.
/// </summary>
internal sealed class DiskClock
{
    /// <summary>Longer than any answer is fresh.</summary>
    public static readonly TimeSpan Unknown = TimeSpan.FromSeconds(1L << 32);

    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly long _start;

    /// <param name="time">Clock of the machine.</param>
    /// <param name="last">Where both stood when they were noted last; none for a store that is new.</param>
    public DiskClock(TimeProvider time, (DateTimeOffset Machine, long Store)? last)
    {
        (_time, _startedAt) = (time, time.GetTimestamp());
        var now = time.GetUtcNow();
        if (last is not { } before) _start = now.ToUnixTimeMilliseconds();
        else _start = before.Store + (long)(now >= before.Machine ? now - before.Machine : Unknown).TotalMilliseconds;
    }

    public long Now => _start + (long)_time.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>On this clock, when the time provider's timestamp was that.</summary>
    public long At(long timestamp) => Now - (long)_time.GetElapsedTime(timestamp).TotalMilliseconds;

    /// <summary>The time provider's timestamp when this clock stood there; below zero for what was before the machine started.</summary>
    public long TimestampAt(long at) => _time.GetTimestamp() - (long)((Int128)Math.Min(Now - at, (long)Unknown.TotalMilliseconds) * _time.TimestampFrequency / 1000);
}
