using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// What one account may never do, seen from outside: from what was admitted and used, in true time, and from nothing that an owner or an edge says of itself.
/// </summary>
internal abstract class AccountOracle(AccountId id)
{
    public AccountId Id => id;

    /// <summary>Units that requests have used for good.</summary>
    public long Used { get; private set; }

    /// <summary>A request got units.</summary>
    public abstract void Admitted(SimCharge charge, long units, TimeSpan at);

    /// <summary>The request is over, or its process is, and this is what it did use.</summary>
    public virtual void Ended(SimCharge charge, long used, TimeSpan at) => Used += used;

    /// <summary>The configuration has changed: a higher limit counts from now on.</summary>
    public abstract void Changing(AccountSpec spec, TimeSpan at);

    /// <summary>All owners know the change: a lower limit counts from now on.</summary>
    public virtual void Changed(AccountSpec spec, TimeSpan at)
    {
    }

    /// <summary>What can only be said once all is over.</summary>
    public virtual void AtTheEnd()
    {
    }

    protected InvariantBroken Broken(string rule, string what) => new($"{rule}: {id} {what}");
}

/// <summary>What one request has of one account.</summary>
internal sealed class SimCharge(AccountOracle oracle, int edge)
{
    private readonly List<(TimeSpan At, long Units)> _parts = [];

    public AccountOracle Oracle => oracle;

    /// <summary>Where the request is.</summary>
    public int Edge => edge;

    /// <summary>Whether its edge has lost touch with the owner for so long that a slot may be in use elsewhere.</summary>
    public bool IsCutOff { get; set; }

    public long Units { get; private set; }

    /// <summary>When it got how much: a stream comes back for more.</summary>
    public IReadOnlyList<(TimeSpan At, long Units)> Parts => _parts;

    public void Admit(long units, TimeSpan at)
    {
        Units += units;
        _parts.Add((at, units));
        oracle.Admitted(this, units, at);
    }

    public void End(long used, TimeSpan at)
    {
        oracle.Ended(this, used, at);
        Units = 0;
    }

    /// <summary>What was used, by when it was admitted: what came first is used first.</summary>
    public IEnumerable<(TimeSpan At, long Units)> UsedParts(long used)
    {
        foreach (var (at, units) in _parts)
        {
            var part = Math.Min(units, used);
            used -= part;
            yield return (at, part);
        }
    }
}
