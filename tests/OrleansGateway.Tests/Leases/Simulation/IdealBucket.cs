namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>The one bucket of one machine that all the edges together must not beat. Whole numbers, nothing is rounded.</summary>
internal sealed class IdealBucket
{
    private const int Million = 1_000_000;

    private readonly int _fastPpm;
    private Int128 _scale;
    private Int128 _level;
    private long _limit;
    private long _refill;
    private long _last;

    /// <param name="limit">Units it holds, and begins with.</param>
    /// <param name="refill">Units that come back in <paramref name="time"/>.</param>
    /// <param name="time">See <paramref name="refill"/>.</param>
    /// <param name="fastPpm">How much too fast, in millionths, the fastest clock of an owner runs: it is by that clock that units come back.</param>
    public IdealBucket(long limit, long refill, TimeSpan time, int fastPpm)
    {
        (_limit, _refill, _fastPpm) = (limit, refill, fastPpm);
        _scale = (Int128)time.Ticks * Million;
        _level = limit * _scale;
    }

    /// <summary>Units there, rounded down; negative if too many were taken.</summary>
    public long Level => (long)(_level < 0 ? -((-_level + _scale - 1) / _scale) : _level / _scale);

    public bool Take(long units, TimeSpan at)
    {
        Advance(at);
        _level -= units * _scale;
        return _level >= 0;
    }

    public void PutBack(long units, TimeSpan at)
    {
        Advance(at);
        _level = Int128.Max(_level, Int128.Min(_level + (units * _scale), _limit * _scale));
    }

    /// <summary>A raised limit may be used at once; what is above a lowered one is there until it is used, and nothing comes back before.</summary>
    public void Change(long limit, long refill, TimeSpan time, TimeSpan at)
    {
        Advance(at);
        var scale = (Int128)time.Ticks * Million;
        _level = scale == _scale ? _level : ((_level * scale) + _scale - 1) / _scale;
        if (limit > _limit) _level += (limit - _limit) * scale;
        (_scale, _limit, _refill) = (scale, limit, refill);
    }

    private void Advance(TimeSpan at)
    {
        var earned = (Int128)(at.Ticks - _last) * _refill * (Million + _fastPpm);
        if (_level < _limit * _scale) _level = Int128.Min(_level + earned, _limit * _scale);
        _last = at.Ticks;
    }
}
