using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Adaptive;

/// <summary>How a request ended, as far as it tells how much its server can take.</summary>
internal enum AdaptiveSignal
{
    /// <summary>Its head came.</summary>
    Answered,

    /// <summary>It was refused for there being too many (429, 503), or no head came in time.</summary>
    Overloaded,

    /// <summary>It tells nothing: the client went, or no connection came about.</summary>
    Unknown,
}

/// <summary>
/// A bound on requests in flight that finds itself. Up by one for as many fast answers as the bound, while it is made use of; down in proportion when answers take longer than
/// the least time lately seen (gradient, as Netflix's concurrency-limits), and by a factor when the server says it is overloaded (AIMD, as TCP). Pure: the time is handed in,
/// and never goes back.
/// </summary>
internal struct AdaptiveLimit
{
    /// <summary>The bound is kept in thousandths, so that it can rise by less than one.</summary>
    private const long Unit = 1_000;

    /// <summary>How long the least time counts: a server that has become slower for good is then measured anew.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(30);

    private long _bound;
    private TimeSpan _least;
    private TimeSpan _leastBefore;
    private TimeSpan _measuredFrom;
    private TimeSpan _measuresAt;
    private TimeSpan _loweredAt;

    /// <summary>Requests in flight.</summary>
    public int InFlight { get; private set; }

    /// <summary>Most that may be.</summary>
    public readonly int Bound => (int)(_bound / Unit);

    /// <summary>Counts one as in flight, unless there are as many as may be.</summary>
    public bool TryBegin(AdaptiveSettings settings, TimeSpan now)
    {
        if (_bound == 0) (_bound, _measuredFrom, _loweredAt) = (settings.Initial * Unit, now, TimeSpan.MinValue);
        Keep(settings);
        if (InFlight >= Bound) return false;
        InFlight++;
        return true;
    }

    /// <summary>Ends one that was begun, exactly once.</summary>
    /// <param name="settings">As they are now.</param>
    /// <param name="signal">How it ended.</param>
    /// <param name="toHead">Time until its head came; not looked at if none did.</param>
    /// <param name="now">The time.</param>
    public void End(AdaptiveSettings settings, AdaptiveSignal signal, TimeSpan toHead, TimeSpan now)
    {
        var inFlight = InFlight--;
        switch (signal)
        {
            case AdaptiveSignal.Overloaded:
                Lower(settings, settings.BackoffPercent, now);
                break;
            case AdaptiveSignal.Answered:
                Measure(settings, toHead, inFlight, now);
                var fast = Least * settings.TolerancePercent / 100;
                if (toHead > fast) Lower(settings, Math.Max(50, (int)(fast.Ticks * 100 / toHead.Ticks)), now);
                // What is not made use of is not proven: an idle evening must not raise it without end.
                else if (IsUsed(inFlight)) _bound += Math.Max(1, Unit * Unit / _bound);
                break;
        }

        Keep(settings);
    }

    private readonly bool IsUsed(int inFlight) => inFlight * 2 > Bound;

    private readonly TimeSpan Least => _least == TimeSpan.Zero || (_leastBefore > TimeSpan.Zero && _leastBefore < _least) ? _leastBefore : _least;

    /// <summary>
    /// The least time is measured anew with half of the requests: measured under full load it would have the queue in it, and each measurement would allow for a longer one.
    /// </summary>
    private void Measure(AdaptiveSettings settings, TimeSpan toHead, int inFlight, TimeSpan now)
    {
        if (now - _measuredFrom >= s_memory)
        {
            // What is in flight was sent into the old load.
            (_leastBefore, _least, _measuredFrom, _measuresAt) = (Least, TimeSpan.Zero, now, now + 2 * toHead);
            if (IsUsed(inFlight)) _bound = Math.Max(settings.Min * Unit, _bound / 2);
        }

        if (now < _measuresAt) return;
        // The last measurement has had its time once another one is there.
        if (_least == TimeSpan.Zero) _leastBefore = TimeSpan.Zero;
        if (_least == TimeSpan.Zero || toHead < _least) _least = toHead > TimeSpan.Zero ? toHead : TimeSpan.FromTicks(1);
    }

    /// <summary>Once per round trip: the requests in flight were all sent before the server could be spared any.</summary>
    private void Lower(AdaptiveSettings settings, int percent, TimeSpan now)
    {
        if (_loweredAt != TimeSpan.MinValue && now - _loweredAt < Least) return;
        _bound = Math.Max(settings.Min * Unit, _bound * percent / 100);
        _loweredAt = now;
    }

    private void Keep(AdaptiveSettings settings) => _bound = Math.Clamp(_bound, settings.Min * Unit, Math.Max(settings.Min, settings.Max) * Unit);
}
