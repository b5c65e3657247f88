using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>A machine that is paused from outside, and whose clocks stand still with it.</summary>
internal static partial class Schedules
{
    private static Action[] Pauses() =>
    [
        PausedMachine_UsesNoLeaseThatIsOver, PausedMachine_BetweenTheTakeAndItsConfirmation_UsesNothing, PausedMachine_BeforeTheAnswer_UsesNothingOfIt, PausedMachine_WithAWrongWallClock_UsesNoMoreThanItsLease,
        PausedMachine_KeepsMoneyThatHasNoPeriods, PausedMachine_UsesNoMoneyOfAPastPeriod, WallClockSetBack_ProlongsNothing, WallClockSetForward_LosesNoMoreThanALease, WallClockSetForward_LeavesSlotsInUse,
    ];

    private static void PausedMachine_UsesNoLeaseThatIsOver()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(200);
        Must(Leased(edge) >= 100, "An edge that wants units in advance gets none");
        edge.PauseMachine(6);
        edge.SetWallClock(6);
        MustBe(1000, TakeAll(other, each: 100, most: 1000), "What another edge can take once the lease is over");
        UseUp(edge, each: 50);
    }

    private static void PausedMachine_BetweenTheTakeAndItsConfirmation_UsesNothing()
    {
        var bench = new Bench(Bucket());
        var edge = bench.Edge();
        edge.Stock(100);
        var hold = edge.Core.NewHold("paused");
        Must(edge.Core.TryAdmit(hold, [edge.Account()], new Amounts { InputTokens = 50 }, edge.Now, out _), "What is to hand cannot be taken");
        edge.PauseMachine(6);
        edge.SetWallClock(6);
        Must(!hold.Confirm(edge.Now), "A request goes through with units whose lease is over");
    }

    private static void PausedMachine_BeforeTheAnswer_UsesNothingOfIt()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { InputTokens = 100 });
        var reply = bench.Ask(edge.Say());
        edge.PauseMachine(6);
        edge.SetWallClock(6);
        edge.Hear(reply);
        TakeAll(other, each: 100, most: 1000);
        UseUp(edge, each: 1);
    }

    // As long as no clock shows the pause nobody in the machine can know of it: what was to hand may be used then, and no more, and nothing once the wall clock is right.
    private static void PausedMachine_WithAWrongWallClock_UsesNoMoreThanItsLease()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var edge = bench.Edge();
        edge.Stock(200);
        var left = Leased(edge);
        edge.PauseMachine(60);
        var late = UsedUnseen(edge, each: 10, most: left / 2);
        edge.SetWallClock(60);
        late += UsedUnseen(edge, each: 10, most: long.MaxValue);
        MustBe(left / 20 * 10, late, "What is used of a lease that is over");
    }

    private static void PausedMachine_KeepsMoneyThatHasNoPeriods()
    {
        var bench = new Bench(Budget(1_000_000));
        var edge = bench.Edge();
        edge.Stock(8000);
        var left = Leased(edge);
        Must(left > 0, "An edge that wants money in advance gets none");
        edge.PauseMachine(3600);
        edge.SetWallClock(3600);
        MustBe(left, Leased(edge), "Money to hand after a pause");
        Must(edge.FromHand(1) is not null, "Money to hand cannot be used after a pause");
    }

    private static void PausedMachine_UsesNoMoneyOfAPastPeriod()
    {
        var bench = new Bench(Budget(1_000_000) with { Periods = new EvenPeriods(TimeSpan.FromHours(1)) });
        bench.Pass(3600 - Phase(bench, 3600) + 1);
        var edge = bench.Edge();
        edge.Stock(8000);
        Must(edge.FromHand(1) is { } hold && Settled(hold), "Money to hand cannot be used");
        edge.PauseMachine(3600);
        edge.SetWallClock(3600);
        Must(edge.FromHand(1) is null, "Money of a period that is over is used in the next");
        Must(edge.Take(100) is not null, "Money of the next period cannot be had");
        edge.Live(1);
        MustBe(1, bench.Ledger.Accounts.MinBy(a => a.Period)!.Posted, "Posted in the period that is over");
        MustBe(0, bench.Ledger.Leases.Where(l => l.Period == bench.Ledger.Accounts.Min(a => a.Period)).Sum(l => l.Out), "Out of the period that is over");
    }

    private static void WallClockSetBack_ProlongsNothing()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(200);
        edge.SetWallClock(-3600);
        var before = edge.Now;
        Must(edge.FromHand(10) is { } hold && Settled(hold, 10), "What is to hand cannot be used after the wall clock was set");
        bench.Pass(5.5);
        Must(edge.Now - before >= TimeSpan.FromSeconds(5.4), "Time has gone back with the wall clock");
        TakeAll(other, each: 100, most: 1000);
        UseUp(edge, each: 50);
    }

    private static void WallClockSetForward_LosesNoMoreThanALease()
    {
        var bench = new Bench(Bucket(limit: 1000, refill: 0));
        var edge = bench.Edge();
        edge.Stock(200);
        var leased = Leased(edge);
        edge.SetWallClock(3600);
        Must(edge.FromHand(1) is null, "A lease outlives an hour");
        edge.Live(6);
        MustBe(1000 - leased, TakeAll(edge), "What can be taken besides the lease that was lost");
    }

    private static void WallClockSetForward_LeavesSlotsInUse()
    {
        var bench = new Bench(Slots(5));
        var (edge, other) = (bench.Edge(), bench.Edge());
        var holds = Enumerable.Range(0, 5).Select(_ => edge.Take(1)!).ToArray();
        edge.SetWallClock(3600);
        for (var i = 0; i < 10; i++)
        {
            edge.Live(1);
            Must(other.Take(1) is null, "A slot in use is given to another");
        }

        foreach (var hold in holds) hold.Settle(1);
        edge.Live(1);
        Must(other.Take(5) is not null, "Slots do not come back");
    }

    private static long Leased(BenchEdge edge) => edge.Core.View().Accounts.Single().ToHand;

    private static bool Settled(BenchHold hold, long used = 1)
    {
        hold.Settle(used);
        return true;
    }

    /// <summary>Uses what is to hand, and nobody counts it.</summary>
    private static long UsedUnseen(BenchEdge edge, long each, long most)
    {
        var used = 0L;
        for (; used + each <= most; used += each)
        {
            var hold = edge.Core.NewHold("unseen");
            if (!edge.Core.TryAdmit(hold, [edge.Account()], new Amounts { InputTokens = each }, edge.Now, out _) || !hold.Confirm(edge.Now)) break;
            hold.Settle(new Amounts { InputTokens = each });
        }

        return used;
    }
}
