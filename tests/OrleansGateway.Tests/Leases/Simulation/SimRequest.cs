using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>How a request ends, if its process lives.</summary>
internal enum RequestEnd
{
    Cancelled,

    /// <summary>It uses all that it holds.</summary>
    UsedUp,

    /// <summary>It asks for more on its way: a stream.</summary>
    Raised,

    /// <summary>It reports more than it holds.</summary>
    Overrun,

    /// <summary>Its client goes before it was admitted, if it had to wait.</summary>
    Abandoned,

    /// <summary>It never ends, until things are calm.</summary>
    Stuck,

    Settled,
}

/// <summary>One request: what it needs, what it got, how it ends.</summary>
internal sealed class SimRequest(World world, int edge, string name, int[] kind)
{
    private readonly Dictionary<AccountId, SimCharge> _charges = [];
    private readonly Dictionary<AccountId, long> _used = [];

    public string Name => name;

    /// <summary>Places of its accounts in the plan.</summary>
    public int[] Kind => kind;

    public required Amounts Units { get; init; }

    public required byte Priority { get; init; }

    public required TimeSpan WaitMax { get; init; }

    /// <summary>How long it takes once it is admitted.</summary>
    public required TimeSpan Takes { get; init; }

    public required RequestEnd End { get; init; }

    /// <summary>Called when it is admitted.</summary>
    public Action Through { get; init; } = static () => { };

    public Hold? Hold { get; set; }

    public bool IsAdmitted { get; private set; }

    public bool IsRaised { get; set; }

    public bool IsOver { get; private set; }

    /// <summary>Whether a bucket may let it through later: which of several has put it off nobody could say.</summary>
    public bool MayBeShaped { get; } = world.Plan.IsShaped && kind.Count(k => world.Account(k).Spec.Kind == AccountKind.Bucket) == 1;

    /// <summary>It is let through, or gets more: from now on it may use this of accounts of some kinds.</summary>
    public void Admit(in Amounts units, Func<AccountKind, bool> isOf)
    {
        if (IsOver) return;
        if (!IsAdmitted) Through();
        IsAdmitted = true;
        foreach (var number in Kind)
        {
            var account = world.Account(number);
            if (!isOf(account.Spec.Kind)) continue;
            var amount = units.Of(account.Spec.Dimension);
            if (amount == 0) continue;
            if (!_charges.TryGetValue(account.Id, out var charge)) _charges[account.Id] = charge = new SimCharge(world.Oracles[account.Id], edge);
            charge.Admit(amount, world.Agenda.Now);
        }
    }

    /// <summary>What it has used, when its end says how much.</summary>
    public Amounts Used()
    {
        var share = End switch { RequestEnd.UsedUp => 100, RequestEnd.Overrun => 130, _ => world.Random.Next(101) };
        var times = IsRaised ? 2 : 1;
        return new Amounts
        {
            Requests = Units.Requests * times,
            InputTokens = Units.InputTokens * times * share / 100,
            OutputTokens = Units.OutputTokens * times * share / 100,
            Cost = Units.Cost * times * share / 100,
            Concurrency = Units.Concurrency,
        };
    }

    /// <summary>What was used counts, and never more than was held.</summary>
    public void Settled(in Amounts used)
    {
        IsOver = true;
        foreach (var charge in _charges.Values)
        {
            var units = Math.Min(charge.Units, used.Of(DimensionOf(charge)));
            _used[charge.Oracle.Id] = units;
            charge.End(units, world.Agenda.Now);
        }
    }

    /// <summary>Its end is journalled.</summary>
    public void Proven()
    {
        foreach (var charge in _charges.Values) (charge.Oracle as BudgetOracle)?.Proven(charge, _used[charge.Oracle.Id]);
    }

    /// <summary>It may have been journalled, or not, when its process died on its way in.</summary>
    public void MayHaveHeld(TimeSpan since)
    {
        foreach (var number in kind) (world.Oracles[world.Account(number).Id] as BudgetOracle)?.MayHaveHeld(Units.Cost, since, world.Agenda.Now);
    }

    /// <summary>
    /// Its process is gone: all it held may have been used. Its money stays at the worst until somebody finds out.
    /// </summary>
    public void Orphaned(Guid session)
    {
        IsOver = true;
        foreach (var charge in _charges.Values)
        {
            if (charge.Oracle is BudgetOracle) world.Evidence.Orphaned(session, name, charge, world.Random.NextInt64(charge.Units + 1));
            else charge.End(charge.Units, world.Agenda.Now);
        }
    }

    private Dimension DimensionOf(SimCharge charge) => world.Account(kind.First(k => world.Account(k).Id == charge.Oracle.Id)).Spec.Dimension;
}
