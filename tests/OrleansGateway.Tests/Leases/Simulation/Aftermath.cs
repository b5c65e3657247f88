using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>When all is quiet again: nothing was lost, nobody keeps what is not theirs, and every account can be used to its last unit.</summary>
internal sealed class Aftermath(World world)
{
    public void Prove()
    {
        foreach (var oracle in world.Oracles.Values) oracle.AtTheEnd();
        foreach (var site in world.Sites) ProveSuspense(site);
        foreach (var site in world.Sites) ProvePostings(site);
        for (var number = 0; number < world.Accounts; number++) ProveWhole(number);
    }

    /// <summary>Only what is of sessions that left no proof, and requests that are known by name, is in suspense; nothing else is out.</summary>
    private void ProveSuspense(OwnerSite site)
    {
        foreach (var lease in site.Ledger.Leases.Where(l => l.Out > 0))
        {
            if (!IsMoney(lease.Account)) continue;
            if (!world.Evidence.Dead.Contains(lease.Session)) throw new InvariantBroken($"I11: {lease} is out of a session that lives, which has {EdgeView(lease)}");
            if (lease.State != LeaseState.Suspense) throw new InvariantBroken($"I11: {lease} of a dead session is not in suspense");
            if (world.Evidence.WithoutProof.Contains(lease.Session)) continue;
            var named = site.Ledger.Suspense
                .Where(s => s.Session == lease.Session && s.Account == lease.Account && s.Lease == lease.Number && s.Settled is null).Sum(s => s.Amount);
            if (named != lease.Out) throw new InvariantBroken($"I11: {lease} has {lease.Out} out, of which {named} by name");
        }
    }

    /// <summary>What requests cost is posted, or in suspense, in the period they were admitted in; and no more is posted than they may have cost.</summary>
    private void ProvePostings(OwnerSite site)
    {
        // Where all is posted that a session had, since it was lost, or taken for lost, there is more than requests may have cost.
        var mayPostWorst = world.Evidence.WithoutProof.Count > 0 || world.Plan.Faults.WrongSuspect > TimeSpan.Zero;
        foreach (var oracle in world.Oracles.Values.OfType<BudgetOracle>())
        {
            foreach (var (period, cost, worst) in oracle.Periods)
            {
                var row = site.Ledger.Row(oracle.Id, period);
                if (row is null) continue;
                var suspense = site.Ledger.InSuspense(oracle.Id, period);
                if (row.Posted + suspense < cost) throw new InvariantBroken($"I3: {row} with {suspense} in suspense, and requests cost {cost}");
                if (row.Posted > worst && !mayPostWorst) throw new InvariantBroken($"I4: {row} has posted more than the {worst} that requests cost at most");
            }
        }
    }

    private void ProveWhole(int number)
    {
        var account = world.Account(number);
        var left = account.Spec.Kind == AccountKind.Budget ? LeftOf(account) : Reachable(account.Spec);
        if (left <= 0) return;
        if (!IsGranted(number, left, tries: 25)) throw new InvariantBroken($"I11: {account.Id} of {account.Spec} has not the {left} units that it should have");
        if (IsGranted(number, left + 1, tries: 2) && account.Spec.Floors.Count == 0) throw new InvariantBroken($"I1: {account.Id} has more than {left} units");
    }

    private bool IsGranted(int number, long units, int tries)
    {
        for (var i = 0; i < tries; i++)
        {
            var request = new SimRequest(world, 0, $"probe{number}.{units}.{i}", [number])
            {
                Units = AmountOf(world.Account(number).Spec.Dimension, units), Priority = 1, WaitMax = TimeSpan.Zero, Takes = TimeSpan.Zero, End = RequestEnd.Cancelled,
            };
            world.Edges[0].Receive(request);
            world.Agenda.RunUntil(world.Agenda.Now + TimeSpan.FromSeconds(1));
            if (request.IsAdmitted) return true;
        }

        return false;
    }

    private string EdgeView(LeaseRow lease)
    {
        var view = world.Edges.Single(e => e.Session == lease.Session).Core.View().Accounts.FirstOrDefault(a => a.Account.Id == lease.Account);
        return view is null ? "forgotten it" : $"{view with { Account = null! }}";
    }

    private long LeftOf(AccountPlan account)
    {
        var ledger = world.Site(account.Owner).Ledger;
        var period = ((BudgetOracle)world.Oracles[account.Id]).PeriodAt(world.Agenda.Now);
        var row = ledger.Row(account.Id, period);
        return row is null ? account.Spec.Limit : row.Limit - row.Posted - ledger.InSuspense(account.Id, period);
    }

    /// <summary>What one request may have where the floors of other priorities are kept.</summary>
    private static long Reachable(AccountSpec spec) => spec.Floors is [var low, _, var high] ? (spec.Limit * (1000 - low - high) / 1000) - 2 : spec.Limit;

    private static Amounts AmountOf(Dimension dimension, long units) => dimension switch
    {
        Dimension.Requests => new Amounts { Requests = units },
        Dimension.OutputTokens => new Amounts { OutputTokens = units },
        Dimension.Cost => new Amounts { Cost = units },
        Dimension.Concurrency => new Amounts { Concurrency = units },
        _ => new Amounts { InputTokens = units },
    };

    private bool IsMoney(AccountId id) => world.Oracles[id] is BudgetOracle;
}
