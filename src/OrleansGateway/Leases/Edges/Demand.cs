namespace OrleansGateway.Leases.Edges;

/// <summary>What requests want of an account: goes up fast and down slowly, for too little to hand costs a call to the owner, and too much only keeps it from other edges for a while.</summary>
internal struct Demand
{
    private long _takenSeen;
    private long _takesSeen;
    private long _asked;
    private long _perHorizon;
    private long _seenAt;
    private long _visitTakes;
    private int _idleVisits;

    /// <summary>What a request takes, on average; 0 before the first.</summary>
    public long TypicalHold { get; private set; }

    /// <summary>Whether nothing has been asked for since the visit before the last.</summary>
    public bool IsIdle => _idleVisits > 1;

    /// <summary>A request asks the owner for this.</summary>
    public void Ask(long units)
    {
        _asked += units;
        _idleVisits = 0;
        TypicalHold = TypicalHold == 0 ? units : TypicalHold + ((units - TypicalHold) / 8);
    }

    /// <summary>Units it would be good to have to hand now.</summary>
    public long Look(Cell cell, long now, long horizon)
    {
        var takes = cell.Takes - _takesSeen;
        var units = cell.Taken - _takenSeen;
        if (takes > 0 && units > 0) TypicalHold = TypicalHold == 0 ? units / takes : TypicalHold + (((units / takes) - TypicalHold) / 8);
        units += _asked;
        (_takenSeen, _takesSeen, _asked) = (cell.Taken, cell.Takes, 0);
        // After a pause only what came now says something; within a moment, what came says nothing about longer.
        var elapsed = Math.Clamp(now - _seenAt, horizon / 50, horizon);
        _seenAt = now;
        var seen = (long)Math.Min((double)units * horizon / elapsed, long.MaxValue / 4);
        _perHorizon += seen > _perHorizon ? (seen - _perHorizon) / 2 : -((_perHorizon - seen) / 10);
        return units > 0 ? Math.Max(_perHorizon, 2 * TypicalHold) : _perHorizon;
    }

    /// <summary>Another lease counts anew.</summary>
    public void Opened() => (_takenSeen, _takesSeen, _visitTakes) = (0, 0, 0);

    /// <summary>Looks in once in a while; answers how many times in a row nothing had been asked for since the last time.</summary>
    public int Visit(Cell? cell)
    {
        var takes = cell?.Takes ?? 0;
        _idleVisits = takes == _visitTakes && _asked == 0 ? _idleVisits + 1 : 0;
        _visitTakes = takes;
        return _idleVisits;
    }
}
