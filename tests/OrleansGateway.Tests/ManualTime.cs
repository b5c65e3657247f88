namespace OrleansGateway.Tests;

/// <summary>A clock that moves when a test says so, and fires the timers it passes.</summary>
internal sealed class ManualTime : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = s_start;
    private TimeSpan _stood;
    private bool _isElsewhere;

    /// <summary>The gateway that was to go by it is in other processes, which have the real one: a test that moves it ends, or has ended if it did already.</summary>
    public void GoesElsewhere()
    {
        var isMoved = GetUtcNow() != s_start;
        _isElsewhere = true;
        if (isMoved) SkipElsewhere();
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _isElsewhere ? System.GetUtcNow() : _now;
    }

    public override long GetTimestamp()
    {
        lock (_lock) return (_now - _stood).UtcTicks;
    }

    /// <summary>The whole machine stands still, and then somebody sets the wall clock right.</summary>
    public void PauseMachine(TimeSpan time)
    {
        SkipElsewhere();
        lock (_lock) (_now, _stood) = (_now + time, _stood + time);
    }

    /// <summary>Moves on, stopping at each timer on the way.</summary>
    public void Advance(TimeSpan by)
    {
        SkipElsewhere();
        var end = GetUtcNow() + by;
        while (NextDue(end) is { } timer) timer.Fire();
        lock (_lock) _now = end;
    }

    /// <summary>Moves on at once. The timers it passes fire with the next <see cref="Advance"/>: until then what works on other threads does nothing of its own accord.</summary>
    public void Leap(TimeSpan by)
    {
        SkipElsewhere();
        lock (_lock) _now += by;
    }

    private void SkipElsewhere() => Assert.SkipWhen(_isElsewhere, "Not on a cluster: the test has a clock of its own.");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? NextDue(DateTimeOffset end)
    {
        lock (_lock)
        {
            var next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null) return null;
            if (next.Due > _now) _now = next.Due;
            next.Due = next.Period > TimeSpan.Zero ? next.Due + next.Period : DateTimeOffset.MaxValue;
            return next;
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; } = DateTimeOffset.MaxValue;
        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : time._now + dueTime;
                Period = period;
                if (!time._timers.Contains(this)) time._timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
