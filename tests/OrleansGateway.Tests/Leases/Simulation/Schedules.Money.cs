using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Money: written before it is usable, once, in the right period.</summary>
internal static partial class Schedules
{
    private static Action[] Money() =>
    [
        Grant_IsWrittenBeforeItIsUsable, AnswerLostAfterTheWrite_IsGrantedOnce, FailedWrite_GrantsNothing, LostWrite_IsNotGranted, TwoOwners_OneIsFenced, Spent_IsPostedOnce,
        Overrun_IsNotPosted, SecondEnd_ChangesNothing, UnusedMoney_ComesBack, HugeAmounts_AreExact, PeriodEnd_KeepsPostingsApart, MoneyOfAPeriod_IsNotUsedInTheNext, Acts_AreDoneOnce,
        Notices_AreGivenOnce, Recreated_OwnersKnowWhatIsOut, RaisedHold_IsSettledAsAWhole, RaisedHold_WhoseAccountWasForgotten_IsChargedOnce, LoweredLimit_TakesNothingBack,
    ];

    private static void Grant_IsWrittenBeforeItIsUsable()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { Cost = 500 });
        var step = bench.Owner.Begin([edge.Say()], bench.OwnerNow);
        Must(step.Write is not null, "Money is granted without a write");
        MustBe(500, step.Write!.Leases.Sum(l => l.Granted) / 500 * 500, "Granted and written");
        bench.Ledger.Write(step.Write);
        var reply = bench.Owner.End(step, true, bench.OwnerNow)[0];
        MustBe(bench.Lease.Granted, reply.Grants.Single().Granted, "Granted in the answer, by what is written");
    }

    private static void AnswerLostAfterTheWrite_IsGrantedOnce()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        var hold = edge.Core.NewHold("r");
        edge.Core.QueueTake(hold, [edge.Account()], new Amounts { Cost = 500 });
        var request = edge.Say();
        bench.Ask(request);
        var granted = bench.Lease.Granted;
        bench.Ask(request);
        edge.Hear(bench.Ask(request));
        MustBe(granted, bench.Lease.Granted, "Granted after the same request came three times");
        hold.Cancel();
        edge.Live(40);
        MustBe(100_000, bench.Row.Available, "Available after all was given back");
    }

    private static void FailedWrite_GrantsNothing()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        var hold = edge.Core.NewHold("r");
        var take = edge.Core.QueueTake(hold, [edge.Account()], new Amounts { Cost = 500 });
        edge.Hear(bench.AskInVain(edge.Say(), isWritten: false));
        Must(take is { IsEnded: true, Denial: Denial.Unavailable }, $"A take whose write failed ends with {take.Denial}");
        MustBe(0, edge.ToHand, "To hand after a write that failed");
        edge.Talk();
        Must(edge.Take(100_000) is not null, "Money is gone after a write that failed");
    }

    private static void LostWrite_IsNotGranted()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(40);
        var take = edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { Cost = 500 });
        edge.Hear(bench.AskInVain(edge.Say(), isWritten: true));
        Must(take is { IsEnded: true, Denial: Denial.Unavailable }, $"A take of whose write nobody knows ends with {take.Denial}");
        edge.Live(40);
        MustBe(100_000 - 40, bench.Row.Available, "Available after what nobody knew was given back");
        MustBe(40, bench.Row.Posted, "Posted");
        Must(edge.Take(99_960) is not null, "Money is gone after a write of which nobody knew");
    }

    private static void TwoOwners_OneIsFenced()
    {
        var bench = new Bench(Budget(1000));
        var former = bench.Owner;
        var (one, two) = (bench.Edge(), bench.Edge());
        one.Take(1)!.Settle(1);
        bench.NewOwner(mayOthersHold: true);
        Must(two.Take(900) is not null, "The new owner does not grant");
        var hold = one.Core.NewHold("r");
        var take = one.Core.QueueTake(hold, [one.Account()], new Amounts { Cost = 900 });
        if (bench.Ask(former, one.Next()!) is { } reply) one.Hear(reply);
        if (take is { IsEnded: true, Denial: Denial.None }) one.Admitted(hold, 900, [bench.Account]);
    }

    // Reported in one life of the owner, and again in the next: totals, not what came on top.
    private static void Spent_IsPostedOnce()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        for (var i = 0; i < 4; i++)
        {
            edge.Take(100)!.Settle(60);
            edge.Live(2);
            bench.NewOwner(mayOthersHold: true);
            edge.Live(2);
            edge.Take(100)!.Settle(60);
            edge.Live(2);
            bench.Owner.Reload(bench.Ledger.Acquire(), bench.OwnerNow);
            edge.Live(2);
        }

        edge.Live(40);
        MustBe(480, bench.Row.Posted, "Posted");
        MustBe(99_520, bench.Row.Available, "Available");
    }

    private static void Overrun_IsNotPosted()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(250);
        MustBe(1, edge.Core.Overruns, "Overruns");
        edge.Live(40);
        MustBe(100, bench.Row.Posted, "Posted of a request that used more than it held");
    }

    private static void SecondEnd_ChangesNothing()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        var hold = edge.Take(100)!;
        hold.Settle(70);
        hold.Hold.Settle(new Amounts { Cost = 70 });
        hold.Hold.Cancel();
        edge.Live(40);
        MustBe(70, bench.Row.Posted, "Posted of a request that ended three times");
        MustBe(99_930, bench.Row.Available, "Available after it");
    }

    private static void UnusedMoney_ComesBack()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(1);
        edge.Stock(500);
        edge.Live(45);
        MustBe(99_999, bench.Row.Available, "Available when the only edge is idle");
        Must(bench.Edge().Take(99_999) is not null, "What an edge gave back cannot be taken elsewhere");
    }

    private static void HugeAmounts_AreExact()
    {
        const long Odd = 9_007_199_254_740_993;
        var bench = new Bench(Budget((4 * Odd) + 1));
        var edge = bench.Edge();
        for (var i = 0; i < 4; i++) edge.Take(Odd)!.Settle(Odd);
        edge.Live(2);
        MustBe(4 * Odd, bench.Row.Posted, "Posted");
        Must(edge.Take(2) is null, "More than the last unit can be taken");
        Must(edge.Take(1) is not null, "The last unit cannot be taken");
    }

    private static void PeriodEnd_KeepsPostingsApart()
    {
        var bench = new Bench(Budget(1000) with { Periods = new EvenPeriods(TimeSpan.FromSeconds(60)) });
        var edge = bench.Edge();
        bench.Pass(50 - (Phase(bench, 60) % 50));
        var hold = edge.Take(600)!;
        var first = bench.Row.Period;
        bench.Pass(60);
        Must(edge.Take(1000) is not null, "A period does not begin whole");
        Must(edge.Take(1) is null, "A period begins with more than its limit");
        hold.Settle(200);
        edge.Live(40);
        MustBe(200, bench.Ledger.Row(bench.Account, first)!.Posted, "Posted in the period that the request began in");
        MustBe(0, bench.Ledger.Row(bench.Account, first + 1)!.Posted, "Posted in the period after it");
        MustBe(800, bench.Ledger.Row(bench.Account, first)!.Available, "Left in the period that is over");
    }

    private static void MoneyOfAPeriod_IsNotUsedInTheNext()
    {
        var bench = new Bench(Budget(10_000) with { Periods = new EvenPeriods(TimeSpan.FromSeconds(60)) });
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Take(10)!.Settle(10);
        edge.Stock(100);
        bench.Pass(60 - Phase(bench, 60) + 0.1);
        TakeAll(other, each: 1000, most: 10_000);
        UseUp(edge, each: 10);
    }

    private static void Acts_AreDoneOnce()
    {
        var bench = new Bench(Budget(1000));
        var oracle = (BudgetOracle)bench.Oracle(bench.Account);
        var edge = bench.Edge();
        edge.Take(600)!.Settle(600);
        edge.Live(2);
        oracle.Raise(500, bench.Agenda.Now);
        for (var i = 0; i < 3; i++) bench.Act(BudgetActKind.Adjust, 500, "one");
        MustBe(1500, bench.Row.Limit, "Limit after the same act three times");
        oracle.Raise(600, bench.Agenda.Now);
        var open = edge.Take(50)!;
        for (var i = 0; i < 3; i++) bench.Act(BudgetActKind.Reset, 0, "two");
        MustBe(0, bench.Row.Posted, "Posted after a reset");
        MustBe(1500, bench.Row.Available + bench.Ledger.Leases.Sum(l => l.Out), "Available and out after a reset");
        open.Settle(0);
        edge.Take(700)!.Settle(700);
        edge.Live(2);
        oracle.Raise(200, bench.Agenda.Now);
        for (var i = 0; i < 2; i++) bench.Act(BudgetActKind.Refund, 200, "three");
        MustBe(500, bench.Row.Posted, "Posted after a refund");
    }

    private static void Notices_AreGivenOnce()
    {
        var bench = new Bench(Budget(1000) with { Notices = [50, 80, 100] });
        var edge = bench.Edge();
        for (var i = 0; i < 10; i++)
        {
            edge.Take(100)!.Settle(100);
            edge.Live(1);
            bench.Sweep();
            if (i % 3 == 0) bench.NewOwner(mayOthersHold: true);
        }

        edge.Live(2);
        bench.Sweep();
        MustBe(100, bench.Row.Noticed, "Highest share of which notice was given");
        MustBe(3, bench.Ledger.Notices, "Notices given");
    }

    private static void Recreated_OwnersKnowWhatIsOut()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        Must(edge.Take(900) is not null, "Money cannot be taken");
        bench.NewOwner(mayOthersHold: true);
        Must(bench.Edge().Take(101) is null, "A new owner gives out what is held");
        Must(bench.Edge().Take(100) is not null, "A new owner does not give out what is free");
    }

    private static void RaisedHold_IsSettledAsAWhole()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        var hold = edge.Take(100)!;
        var account = edge.Account();
        var take = edge.Core.QueueTake(hold.Hold, [account], new Amounts { Cost = 50 });
        edge.Talk();
        Must(take is { IsEnded: true, Denial: Denial.None }, "A hold cannot be raised");
        MustBe(150, hold.Hold.Of(Dimension.Cost), "What a raised hold holds");
        hold.Charges[0].Admit(50, bench.Agenda.Now);
        hold.Settle(120);
        edge.Live(40);
        MustBe(120, bench.Row.Posted, "Posted of a raised hold");
        MustBe(99_880, bench.Row.Available, "Available after it");
    }

    // Its period has ended, and nobody else has used the account since: the edge makes it anew for the second part.
    private static void RaisedHold_WhoseAccountWasForgotten_IsChargedOnce()
    {
        var bench = new Bench(Budget(1000) with { Periods = new EvenPeriods(TimeSpan.FromSeconds(20)) });
        bench.Pass(20 - Phase(bench, 20) + 10);
        var edge = bench.Edge();
        var hold = edge.Take(100)!;
        var account = edge.Account();
        edge.Live(15);
        Must(edge.Account() != account, "An account without a lease that nobody uses is not forgotten");
        edge.Core.QueueTake(hold.Hold, [edge.Account()], new Amounts { Cost = 100 });
        edge.Talk();
        MustBe(200, hold.Hold.Of(Dimension.Cost), "What a raised hold holds");
        hold.Charges[0].Admit(100, bench.Agenda.Now);
        hold.Settle(120);
        edge.Live(40);
        MustBe(120, bench.Ledger.Accounts.Sum(a => a.Posted), "Posted, in both periods together");
    }

    private static void LoweredLimit_TakesNothingBack()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        var hold = edge.Take(800)!;
        bench.Change(bench.Account, Budget(500));
        Must(edge.Take(1) is null, "A budget lowered below what is held gives more");
        hold.Settle(300);
        edge.Live(40);
        Must(edge.Take(201) is null, "A lowered budget gives too much");
        Must(edge.Take(200) is not null, "A lowered budget does not give what is left");
    }
}
