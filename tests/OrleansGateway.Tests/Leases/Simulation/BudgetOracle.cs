using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>At every instant what requests have cost, and the most that those under way may cost, is within the limit of the period they were admitted in.</summary>
internal sealed class BudgetOracle(AccountId id, AccountSpec spec) : AccountOracle(id)
{
    private readonly Dictionary<long, (long Cost, long Limit)> _periods = [];
    private readonly Dictionary<long, long> _worst = [];
    private readonly Dictionary<long, long> _ahead = [];
    private long _limit = spec.Limit;

    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
        var (cost, limit) = Of(at);
        _periods[NumberAt(at)] = (cost + units, limit);
        _worst[NumberAt(at)] = _worst.GetValueOrDefault(NumberAt(at)) + units;
        if (cost + units > limit) throw Broken("I3", $"may cost {cost + units} of {limit} in period {NumberAt(at)}");
    }

    public override void Ended(SimCharge charge, long used, TimeSpan at)
    {
        base.Ended(charge, used, at);
        var index = 0;
        foreach (var (from, units) in charge.UsedParts(used))
        {
            var (cost, limit) = _periods[NumberAt(from)];
            _periods[NumberAt(from)] = (cost - charge.Parts[index++].Units + units, limit);
        }
    }

    /// <summary>An operator gives more; it may be used from now on. The owner may hear of it when the next period has begun.</summary>
    public void Raise(long amount, TimeSpan at)
    {
        RaiseOne(amount, at);
        var late = at + TimeSpan.FromSeconds(15);
        if (NumberAt(late) != NumberAt(at)) _ahead[NumberAt(late)] = _ahead.GetValueOrDefault(NumberAt(late)) + amount;
    }

    /// <summary>A lowered limit takes back only what no edge has: the highest of a period is what holds at every instant.</summary>
    public override void Changing(AccountSpec spec, TimeSpan at)
    {
        RaiseOne(Math.Max(0, spec.Limit - _limit), at);
        _limit = spec.Limit;
    }

    /// <summary>A request may have been journalled that was never let through, for its process died: in the period in which it tried, or the one in which that ended.</summary>
    public void MayHaveHeld(long units, TimeSpan from, TimeSpan until)
    {
        foreach (var period in new HashSet<long> { NumberAt(from), NumberAt(until) }) _worst[period] = _worst.GetValueOrDefault(period) + units;
    }

    /// <summary>The end is journalled: an owner may post what was used, and no more.</summary>
    public void Proven(SimCharge charge, long used)
    {
        var index = 0;
        foreach (var (from, units) in charge.UsedParts(used)) _worst[NumberAt(from)] -= charge.Parts[index++].Units - units;
    }

    /// <summary>By period: what requests have cost, or may have; and what an owner that knows no better may have posted.</summary>
    public IEnumerable<(long Period, long Cost, long Worst)> Periods => _periods.Select(p => (p.Key, p.Value.Cost, _worst.GetValueOrDefault(p.Key)));

    public long PeriodAt(TimeSpan at) => NumberAt(at);

    private void RaiseOne(long amount, TimeSpan at)
    {
        var (cost, limit) = Of(at);
        _periods[NumberAt(at)] = (cost, limit + amount);
    }

    private long NumberAt(TimeSpan at) => spec.Periods?.At(MachineClock.UtcAt(at)).Number ?? 0;

    private (long Cost, long Limit) Of(TimeSpan at) => _periods.TryGetValue(NumberAt(at), out var period) ? period : (0, _limit + _ahead.GetValueOrDefault(NumberAt(at)));
}
