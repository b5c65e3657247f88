using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>In no stretch of time as long as the window more than the limit. The fastest clock of an owner measures the window.</summary>
internal sealed class SlidingOracle(AccountId id, AccountSpec spec, int fastPpm) : AccountOracle(id)
{
    private readonly LinkedList<Part> _parts = [];
    private readonly Dictionary<SimCharge, List<Part>> _open = [];
    private readonly TimeSpan _window = spec.Time - new TimeSpan((long)((Int128)spec.Time.Ticks * fastPpm / 1_000_000) + 1);
    private long _sum;
    private long _limit = spec.Limit;
    private TimeSpan _lowFrom = TimeSpan.MinValue;
    private long _lowLimit = spec.Limit;

    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
        while (_parts.First is { } first && first.Value.At <= at - _window)
        {
            _sum -= first.Value.Units;
            first.Value.IsGone = true;
            _parts.RemoveFirst();
        }

        var part = new Part { At = at, Units = units };
        _parts.AddLast(part);
        _sum += units;
        if (!_open.TryGetValue(charge, out var own)) _open[charge] = own = [];
        own.Add(part);
        var limit = at >= _lowFrom ? _lowLimit : _limit;
        if (_sum > limit) throw Broken("I1", $"has {_sum} of {limit} in {_window}");
    }

    public override void Ended(SimCharge charge, long used, TimeSpan at)
    {
        base.Ended(charge, used, at);
        if (!_open.Remove(charge, out var own)) return;
        foreach (var part in own)
        {
            var rest = Math.Min(part.Units, used);
            used -= rest;
            if (!part.IsGone) _sum -= part.Units - rest;
            part.Units = rest;
        }
    }

    public override void Changing(AccountSpec spec, TimeSpan at)
    {
        _limit = Math.Max(_limit, spec.Limit);
        (_lowFrom, _lowLimit) = (TimeSpan.MaxValue, spec.Limit);
    }

    /// <summary>Edges may still use what they got under the higher limit, and it stays in the window for as long as that.</summary>
    public override void Changed(AccountSpec spec, TimeSpan at) =>
        (_limit, _lowFrom, _lowLimit) = (Math.Max(_limit, spec.Limit), at + _window + TimeSpan.FromMinutes(1), spec.Limit);

    private sealed class Part
    {
        public required TimeSpan At { get; init; }

        public long Units { get; set; }

        public bool IsGone { get; set; }
    }
}
