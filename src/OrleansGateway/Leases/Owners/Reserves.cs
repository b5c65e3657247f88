namespace OrleansGateway.Leases.Owners;

/// <summary>
/// What of an account is kept for requests of each priority: a floor. Each fills in step with the account up to its share of the limit; a request takes from its own first, and
/// of the rest only what leaves the others' whole.
/// </summary>
internal sealed class Reserves
{
    private readonly long[] _caps;
    private readonly long[] _left;
    private readonly long[] _rests;
    private readonly IReadOnlyList<int> _shares;

    private Reserves(AccountSpec spec)
    {
        _shares = spec.Floors;
        _caps = [.. spec.Floors.Select(share => (long)((Int128)spec.Limit * share / 1000))];
        _left = new long[_caps.Length];
        _rests = new long[_caps.Length];
    }

    /// <summary>Null for an account that serves who comes first.</summary>
    public static Reserves? For(AccountSpec spec) => spec.Floors.Any(share => share > 0) ? new Reserves(spec) : null;

    /// <summary>What a request of a priority may have of a level.</summary>
    public long FreeFor(byte priority, long level)
    {
        Trim(level);
        var others = 0L;
        for (var i = 0; i < _left.Length; i++)
        {
            if (i != priority) others += _left[i];
        }

        return level - others;
    }

    /// <summary>All of them are as full as the level allows.</summary>
    public void Fill(long level)
    {
        _caps.CopyTo(_left, 0);
        Trim(level);
    }

    /// <summary>Units have come to the account: each gets its share.</summary>
    public void Add(long units)
    {
        for (var i = 0; i < _left.Length; i++)
        {
            var (more, rest) = Int128.DivRem(((Int128)units * _shares[i]) + _rests[i], 1000);
            _rests[i] = (long)rest;
            _left[i] = (long)Int128.Min(_caps[i], _left[i] + more);
        }
    }

    /// <summary>A request of a priority has taken units.</summary>
    public void Take(byte priority, long units)
    {
        if (priority < _left.Length) _left[priority] = Math.Max(0, _left[priority] - units);
    }

    /// <summary>The most that is kept from requests of a priority.</summary>
    public long KeptFrom(byte priority) => _caps.Where((_, i) => i != priority).Sum();

    // What is not there cannot be kept: the least important lose first.
    private void Trim(long level)
    {
        var excess = _left.Sum() - Math.Max(level, 0);
        for (var i = 0; i < _left.Length && excess > 0; i++)
        {
            var cut = Math.Min(excess, _left[i]);
            _left[i] -= cut;
            excess -= cut;
        }
    }
}
