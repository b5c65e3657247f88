using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// In any stretch of time no more than the limit and what came back in it. Once as it happens, where what a request gives back may be used again; and once at the end, where each
/// request counts with what it did use and when it was admitted.
/// </summary>
internal sealed class BucketOracle : AccountOracle
{
    private readonly IdealBucket _now;
    private readonly IdealBucket _afterwards;
    private readonly List<(TimeSpan At, Func<bool> Step)> _history = [];
    private AccountSpec _spec;

    public BucketOracle(AccountId id, AccountSpec spec, int fastPpm)
        : base(id)
    {
        _spec = spec;
        _now = new IdealBucket(spec.Limit, spec.Refill, spec.Time, fastPpm);
        _afterwards = new IdealBucket(spec.Limit, spec.Refill, spec.Time, fastPpm);
    }

    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
        if (!_now.Take(units, at)) throw Broken("I1", $"is {-_now.Level} units over its rate ({_spec})");
    }

    public override void Ended(SimCharge charge, long used, TimeSpan at)
    {
        base.Ended(charge, used, at);
        _now.PutBack(charge.Units - used, at);
        foreach (var (from, units) in charge.UsedParts(used)) _history.Add((from, () => _afterwards.Take(units, from)));
    }

    public override void Changing(AccountSpec spec, TimeSpan at)
    {
        Change(Math.Max(_spec.Limit, spec.Limit), Math.Max(_spec.Refill, spec.Refill), spec.Time, at);
    }

    public override void Changed(AccountSpec spec, TimeSpan at)
    {
        _spec = spec;
        Change(spec.Limit, spec.Refill, spec.Time, at);
    }

    public override void AtTheEnd()
    {
        foreach (var (_, step) in _history.OrderBy(h => h.At))
        {
            if (!step()) throw Broken("I1", $"was {-_afterwards.Level} units over its rate");
        }
    }

    private void Change(long limit, long refill, TimeSpan time, TimeSpan at)
    {
        _now.Change(limit, refill, time, at);
        _history.Add((at, () => Replay(limit, refill, time, at)));
    }

    private bool Replay(long limit, long refill, TimeSpan time, TimeSpan at)
    {
        _afterwards.Change(limit, refill, time, at);
        return true;
    }
}
