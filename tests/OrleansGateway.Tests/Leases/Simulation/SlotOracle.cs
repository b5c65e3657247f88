using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Never more in flight than there are slots, on edges that are in touch with the owner: the slots of the others come back, for nobody knows what they do.</summary>
internal sealed class SlotOracle(AccountId id, AccountSpec spec, Func<int, bool> isInTouch) : AccountOracle(id)
{
    private readonly HashSet<SimCharge> _inFlight = [];
    private long _limit = spec.Limit;

    public long InFlight => _inFlight.Where(c => !c.IsCutOff).Sum(c => c.Units);

    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
        foreach (var other in _inFlight) other.IsCutOff |= !isInTouch(other.Edge);
        _inFlight.Add(charge);
        if (InFlight > _limit) throw Broken("I1", $"has {InFlight} of {_limit} slots in use");
    }

    public override void Ended(SimCharge charge, long used, TimeSpan at)
    {
        base.Ended(charge, used, at);
        _inFlight.Remove(charge);
    }

    /// <summary>The edge has lost touch.</summary>
    public void CutOff(int edge)
    {
        foreach (var charge in _inFlight.Where(c => c.Edge == edge)) charge.IsCutOff = true;
    }

    /// <summary>A lowered limit is reached as requests end: only the highest there ever was holds at every instant.</summary>
    public override void Changing(AccountSpec spec, TimeSpan at) => _limit = Math.Max(_limit, spec.Limit);
}
