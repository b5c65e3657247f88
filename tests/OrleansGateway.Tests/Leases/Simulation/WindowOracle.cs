using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>In no window more than its limit: what requests have used that were admitted in it, and what is held of those that go on.</summary>
internal sealed class WindowOracle(AccountId id, AccountSpec spec) : AccountOracle(id)
{
    private readonly Dictionary<long, (long Units, long Limit)> _windows = [];
    private long _limit = spec.Limit;

    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
        var (sum, limit) = Of(at);
        _windows[NumberAt(at)] = (sum + units, limit);
        if (sum + units > limit) throw Broken("I1", $"has {sum + units} of {limit} in window {NumberAt(at)}");
    }

    public override void Ended(SimCharge charge, long used, TimeSpan at)
    {
        base.Ended(charge, used, at);
        var parts = charge.Parts;
        var index = 0;
        foreach (var (from, units) in charge.UsedParts(used))
        {
            var (sum, limit) = _windows[NumberAt(from)];
            _windows[NumberAt(from)] = (sum - parts[index++].Units + units, limit);
        }
    }

    public override void Changing(AccountSpec spec, TimeSpan at)
    {
        var (sum, limit) = Of(at);
        _windows[NumberAt(at)] = (sum, Math.Max(limit, spec.Limit));
        _limit = Math.Max(_limit, spec.Limit);
    }

    public override void Changed(AccountSpec spec, TimeSpan at)
    {
        _ = Of(at);
        _windows[NumberAt(at)] = Of(at);
        _limit = spec.Limit;
    }

    private long NumberAt(TimeSpan at) => spec.Periods!.At(MachineClock.UtcAt(at)).Number;

    private (long Units, long Limit) Of(TimeSpan at) => _windows.TryGetValue(NumberAt(at), out var window) ? window : (0, _limit);
}
