using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Lets go wrong what goes wrong, until the plan's end; and lets operators and configurations change what they change.</summary>
internal sealed class Weather(World world)
{
    private readonly Random _random = world.Random;
    private int _acts;

    public void Start()
    {
        var faults = world.Plan.Faults;
        Every(faults.EdgeCrash, () => Edge().Crash(_random.Next(3), Seconds(0, 10)));
        Every(faults.EdgeCrash, () => Edge().CrashWhileWriting());
        Every(faults.EdgePause, () => Edge().Pause(Seconds(0, 12)));
        Every(faults.MachinePause, () => Edge().PauseMachine(Seconds(0, 60)));
        Every(faults.WallSet, () => Edge().SetWallClock(Seconds(-10, 10)));
        Every(faults.Partition, CutOff);
        Every(faults.WrongSuspect, Suspect);
        Every(faults.OwnerCrash, () => Site().Crash(Seconds(0, 5)));
        Every(faults.OwnerPause, () => Site().Pause(Seconds(0, 10)));
        Every(faults.TwoOwners, () => Site().TakeOver(Seconds(0, 10)));
        Every(faults.Change, Change);
        Every(faults.Act, Act);
    }

    private void Every(TimeSpan mean, Action happens)
    {
        if (mean == TimeSpan.Zero) return;
        world.Agenda.In(mean * (2 * _random.NextDouble()), () =>
        {
            if (world.Agenda.Now >= world.Plan.Length) return;
            happens();
            Every(mean, happens);
        });
    }

    private SimEdge Edge() => world.Edges[_random.Next(world.Edges.Count)];

    private OwnerSite Site() => world.Sites.ElementAt(_random.Next(world.Sites.Count));

    private TimeSpan Seconds(int min, int max) => TimeSpan.FromMilliseconds(_random.Next(min * 1000, max * 1000));

    private void CutOff()
    {
        var edge = _random.Next(world.Edges.Count);
        world.Trace.Note(() => $"edge {edge}: cut off");
        world.Network.CutOff(edge);
        world.Agenda.In(Seconds(0, 15), () => world.Network.Reconnect(edge));
    }

    private void Suspect()
    {
        var session = Edge().Session;
        world.Trace.Note(() => $"{session}: taken for dead");
        foreach (var site in world.Sites) site.Tell(p => p.Suspend(session));
    }

    /// <summary>Another limit, and never another kind: that is another account.</summary>
    private void Change()
    {
        var number = _random.Next(world.Accounts);
        var spec = world.Account(number).Spec;
        var limit = Math.Max(1, spec.Limit * _random.Next(20, 300) / 100);
        world.Change(number, AccountPlan.WholeInAMinute(spec with { Limit = limit, Refill = spec.Refill * _random.Next(50, 200) / 100 }));
    }

    private void Act()
    {
        var site = Site();
        if (_random.Next(2) == 0 && site.Ledger.Suspense.FirstOrDefault(world.Evidence.IsKnown) is { } row)
        {
            Settle(site, row);
            return;
        }

        var account = world.Plan.Accounts[_random.Next(world.Accounts)];
        if (account.Owner != site.Name || world.Oracles[account.Id] is not BudgetOracle oracle) return;
        var amount = (long)_random.Next(1, 2000);
        var kind = _random.Next(3) == 0 ? BudgetActKind.Adjust : BudgetActKind.Grant;
        if (kind == BudgetActKind.Adjust && _random.Next(2) == 0) amount = -amount;
        if (amount > 0) oracle.Raise(amount, world.Agenda.Now);
        Tell(site, new BudgetAct($"act{_acts++}", kind, account.Id, amount, "simulator", null));
    }

    private void Settle(OwnerSite site, SuspenseRow row)
    {
        var cost = world.Evidence.Settle(row, world.Agenda.Now);
        Tell(site, new BudgetAct($"act{_acts++}", BudgetActKind.Settle, row.Account, cost, "simulator", null) { Session = row.Session, Hold = row.Name, Lease = row.Lease });
    }

    /// <summary>Acts are asked for again when the owner did not answer: twice the same is once.</summary>
    private void Tell(OwnerSite site, BudgetAct act)
    {
        world.Trace.Note(() => $"{site.Name}: {act}");
        site.Tell(p => p.Act(act));
        world.Agenda.In(TimeSpan.FromSeconds(2), () => site.Tell(p => p.Act(act)));
    }
}
