using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>What became of a request that an adaptive bound let pass.</summary>
internal enum AdaptiveOutcome : byte
{
    /// <summary>Answered; how long it took tells how loaded the other side is.</summary>
    Answered,

    /// <summary>Refused as too much (429, 503), or not answered in time.</summary>
    Overloaded,

    /// <summary>Ended in a way that tells nothing of the load: the client went away, the request was wrong, no connection came about.</summary>
    Unknown,
}

/// <summary>
/// A bound on requests in flight that finds itself. Over about a round trip it takes the mean time of answers: as long as that is within the tolerance of the least time seen,
/// and the bound is what holds requests back, it rises by a tenth; else it falls in proportion, to a half at most (after Netflix's gradient limiter). Refusals cut it
/// by a share, once per round trip, as TCP does. Knows no clock and no lock.
/// </summary>
internal sealed class AdaptiveLimit(AdaptiveSettings settings)
{
    // Fewer say little about the mean.
    private const int SamplesMin = 10;

    // How long a least time is believed: of this stretch and the one before. Long, so that a lasting overload is not taken for how it has always been.
    private static readonly TimeSpan BaselineKept = TimeSpan.FromMinutes(10);

    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _leastBefore = TimeSpan.MaxValue;
    private TimeSpan _leastSince;
    private TimeSpan _windowSince;
    private TimeSpan _cutAt = TimeSpan.MinValue;
    private Int128 _ticks;
    private long _samples;
    private bool _wasFull;

    /// <summary>Requests that may be in flight now.</summary>
    public int Limit { get; private set; } = settings.Initial;

    /// <summary>Whether one more may pass, beside so many.</summary>
    public bool HasRoom(int inFlight)
    {
        if (inFlight < Limit) return true;
        _wasFull = true;
        return false;
    }

    /// <summary>One that passed has been answered, or will not be.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="took">Time to the first byte of its answer; of no meaning unless answered.</param>
    /// <param name="inFlight">How many were in flight with it.</param>
    /// <param name="now">Since an arbitrary start; never goes back.</param>
    public void Note(AdaptiveOutcome outcome, TimeSpan took, int inFlight, TimeSpan now)
    {
        if (inFlight >= Limit) _wasFull = true;
        if (outcome == AdaptiveOutcome.Overloaded) Cut(now);
        if (outcome == AdaptiveOutcome.Answered) Sample(took, now);
    }

    private TimeSpan Baseline => _least < _leastBefore ? _least : _leastBefore;

    private void Cut(TimeSpan now)
    {
        // Those that were sent before the last cut say nothing about what it did.
        if (_cutAt != TimeSpan.MinValue && Baseline != TimeSpan.MaxValue && now - _cutAt < Baseline) return;
        if (_cutAt == now) return;
        _cutAt = now;
        Set((long)Limit * settings.BackoffPercent / 100, now);
    }

    private void Sample(TimeSpan took, TimeSpan now)
    {
        if (now - _leastSince >= BaselineKept) (_leastBefore, _least, _leastSince) = (_least, TimeSpan.MaxValue, now);
        // Answers from a memory take no time at all, and would make all others slow.
        var least = took < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : took;
        if (least < _least) _least = least;
        (_ticks, _samples) = (_ticks + least.Ticks, _samples + 1);
        if (_samples < SamplesMin || now - _windowSince < Baseline) return;

        var mean = (long)(_ticks / _samples);
        var tolerated = (Int128)Baseline.Ticks * settings.TolerancePercent / 100;
        if (mean > tolerated) Set((long)Int128.Max(Limit / 2, Limit * tolerated / mean), now);
        else Set(_wasFull ? Limit + Math.Max(1, Limit / 10) : Limit, now);
    }

    private void Set(long limit, TimeSpan now)
    {
        Limit = (int)Math.Clamp(limit, settings.Min, settings.Max);
        (_ticks, _samples, _windowSince, _wasFull) = (0, 0, now, false);
    }
}
