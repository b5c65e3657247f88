namespace OrleansGateway.Invalidation;

/// <summary>Until when all that is known of invalidations on this edge may be trusted. Always, unless the sequence comes from elsewhere.</summary>
internal sealed class TableTrust
{
    private volatile Func<TimeSpan>? _clock;
    private long _until = long.MaxValue;

    /// <summary>Whether the time is over: invalidations may have been missed, and nothing stored may be taken for valid until the edge has heard again.</summary>
    public bool IsOver => _clock is { } clock && clock().Ticks >= Volatile.Read(ref _until);

    /// <summary>Nothing is trusted from now on, but for as long as <see cref="Until"/> says.</summary>
    /// <param name="clock">Must go on while the machine sleeps.</param>
    public void Limit(Func<TimeSpan> clock)
    {
        Volatile.Write(ref _until, long.MinValue);
        _clock = clock;
    }

    /// <summary>See <see cref="EdgeAuthority.TrustedUntil"/>.</summary>
    public void Until(TimeSpan until) => Volatile.Write(ref _until, until.Ticks);
}
