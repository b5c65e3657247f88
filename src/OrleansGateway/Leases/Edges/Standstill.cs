namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Time that passed while a virtual machine was paused, moved or put to sleep by its host: clocks inside do not count it, and a lease would seem to live on that its owner has long given
/// to others. Only the wall clock shows it, as soon as somebody has set it right. Every unit of a rate, a window or a budget's period that is used after it was noticed is used in time.
/// </summary>
/// <param name="clock">What the machine's clock shows at the start, in ticks.</param>
/// <param name="wall">What the wall clock shows, in ticks.</param>
internal sealed class Standstill(long clock, long wall)
{
    /// <summary>By how much the wall clock must be ahead. More than it is coarse; a lease is used at most so much too long.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private long _ahead = wall - clock;
    private long _stood;

    /// <summary>The clock's time and all the time it stood still; false if the clocks are apart, which is to be <see cref="Notice">noticed</see> first. For any thread.</summary>
    public bool TryTell(long clock, long wall, out TimeSpan now)
    {
        var isKnown = Math.Abs(wall - clock - Volatile.Read(ref _ahead)) < Least.Ticks;
        now = new TimeSpan(clock + Volatile.Read(ref _stood));
        return isKnown;
    }

    /// <summary>
    /// Takes what the wall clock is ahead as time that the machine stood still. Somebody may as well have set it wrong: then leases end early, which wrongs nobody. A wall clock that is
    /// set back says nothing of pauses, and time does not go back with it. For one thread at a time.
    /// </summary>
    public void Notice(long clock, long wall)
    {
        var jump = wall - clock - _ahead;
        if (Math.Abs(jump) < Least.Ticks) return;
        // In this order: who sees the clocks agree sees the time that was added.
        if (jump > 0) Volatile.Write(ref _stood, _stood + jump);
        Volatile.Write(ref _ahead, _ahead + jump);
    }
}
