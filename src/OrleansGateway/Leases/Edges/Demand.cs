namespace OrleansGateway.Leases.Edges;

/// <summary>What requests want of an account: goes up fast and down slowly, for too little to hand costs a call to the owner, and too much only keeps it from other edges for a while.</summary>
internal struct Demand
{
    private int _takesSeen;
    private int _visitTakes;
    private long _asked;
    private long _perHorizon;
    private long _seenAt;
    private long _usedAt;
    private bool _isAsked;

    /// <summary>What a request takes, on average; 0 before the first.</summary>
    public long TypicalHold { get; private set; }

    /// <summary>Whether nothing had been asked for between the last two visits.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>A request asks the owner for this.</summary>
    public void Ask(long units)
    {
        _asked += units;
        (_isAsked, IsIdle) = (true, false);
        TypicalHold = TypicalHold == 0 ? units : TypicalHold + ((units - TypicalHold) / 8);
    }

    /// <summary>Units it would be good to have to hand now.</summary>
    public long Look(Cell cell, long now, long horizon)
    {
        var takes = cell.Takes - _takesSeen;
        var units = cell.TakeStock();
        if (takes > 0 && units > 0) TypicalHold = TypicalHold == 0 ? units / takes : TypicalHold + (((units / takes) - TypicalHold) / 8);
        units += _asked;
        (_takesSeen, _asked) = (cell.Takes, 0);
        // After a pause only what came now says something; within a moment, what came says nothing about longer.
        var elapsed = Math.Clamp(now - _seenAt, horizon / 16, horizon);
        _seenAt = now;
        var seen = (long)Math.Min((double)units * horizon / elapsed, long.MaxValue / 4);
        _perHorizon += seen > _perHorizon ? (seen - _perHorizon) / 2 : -((_perHorizon - seen) / 10);
        return units > 0 ? Math.Max(_perHorizon, 2 * TypicalHold) : _perHorizon;
    }

    /// <summary>Another lease counts anew.</summary>
    public void Opened() => (_takesSeen, _visitTakes) = (0, 0);

    /// <summary>Looks in once in a while; answers since when nothing has been asked for: 0 if something was since the last time.</summary>
    public TimeSpan Visit(Cell? cell, long now)
    {
        var takes = cell?.Takes ?? 0;
        IsIdle = takes == _visitTakes && !_isAsked && _usedAt > 0;
        (_visitTakes, _isAsked) = (takes, false);
        if (!IsIdle) _usedAt = now;
        return new(now - _usedAt);
    }
}
