using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Edges die, or are taken for dead, and leave a journal or none.</summary>
internal static partial class Schedules
{
    private static Action[] Deaths() =>
    [
        MoneyOfTheDead_IsNotCredited, DeadWithoutMoney_LeaveNothing, LateReportOfASuspended_IsEvidence, WholeJournal_GivesBackWhatWasNeverHeld, LostTail_ProvesOnlyWhatWasSpent, DeathBetweenJournalAndTake_LosesNothing,
        DeathAfterTheEnd_PostsWhatWasUsed, JournalThatIsFull_RefusesMoney, Settling_EndsSuspense, Settling_PostsNoMoreThanWasHeld, PostWorst_PostsTheHold, GrantNobodyHeardOf_IsPostedOnce, ReleaseAfter_CreditsWhenItsTimeHasCome,
        FindingsTwice_ChangeNothingMore, SuspectedEdge_GoesOn, UndoneHold_IsNotInTheJournal, UnheardClose_IsSaidAgain,
    ];

    private static void MoneyOfTheDead_IsNotCredited()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        edge.Take(300);
        bench.Suspend(edge.Session);
        for (var i = 0; i < 20; i++)
        {
            bench.Pass(60);
            bench.Sweep();
        }

        MustBe(300, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
        Must(bench.Edge().Take(701) is null, "Money of a dead edge is credited without proof");
        Must(bench.Edge().Take(700) is not null, "Money that no edge has cannot be taken");
    }

    private static void DeadWithoutMoney_LeaveNothing()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        Must(edge.Take(2000) is null, "More is granted than there is");
        bench.Suspend(edge.Session);
        MustBe(0, bench.Ledger.Leases.Count(), "Leases in the ledger of which nothing was ever granted");
        Must(bench.Edge().Take(1000) is not null, "A budget cannot be used after an edge without money has died");
    }

    private static void LateReportOfASuspended_IsEvidence()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        var hold = edge.Take(300)!;
        bench.Suspend(edge.Session);
        bench.Pass(60);
        edge.Take(10)?.Settle(0);
        MustBe(0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense of an edge that has spoken");
        hold.Settle(100);
        edge.Live(40);
        MustBe(100, bench.Row.Posted, "Posted after the late report");
        MustBe(900, bench.Row.Available, "Available after the late report");
        MustBe(0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense after the late report");
    }

    private static void WholeJournal_GivesBackWhatWasNeverHeld()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Stock(500);
        edge.Take(70);
        bench.Recover(edge.Journal.Findings(null));
        MustBe(60, bench.Row.Posted, "Posted");
        MustBe(70, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
        MustBe(70, bench.Ledger.Suspense.Sum(s => s.Amount), "In suspense by name");
        MustBe(100_000 - 130, bench.Row.Available, "Available");
    }

    private static void LostTail_ProvesOnlyWhatWasSpent()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Stock(500);
        var granted = bench.Ledger.Leases.Sum(l => l.Granted - l.Returned);
        edge.Take(40);
        granted = Math.Max(granted, bench.Ledger.Leases.Sum(l => l.Granted - l.Returned));
        bench.Recover(edge.Journal.Findings(lost: 1));
        Must(bench.Row.Available <= 100_000 - 60 - 40, "What may have been held is credited");
        MustBe(bench.Ledger.Leases.Sum(l => l.Out), bench.Ledger.InSuspense(bench.Account, 0), "In suspense, of all that is out,");
        Must(bench.Row.Posted >= 60 && bench.Row.Posted + bench.Ledger.InSuspense(bench.Account, 0) >= 100, "What was spent is lost");
        Must(granted > 0, "Nothing was granted");
    }

    private static void DeathBetweenJournalAndTake_LosesNothing()
    {
        foreach (var afterWriting in new[] { false, true })
        {
            var bench = new Bench(Budget(100_000));
            var edge = bench.Edge();
            edge.Take(100)!.Settle(60);
            edge.Stock(500);
            Must(edge.ToHand >= 100, "An edge that wants money in advance gets none");
            edge.Journal.DieIn(1, afterWriting);
            var isThrough = false;
            try
            {
                isThrough = edge.FromHand(100) is not null;
            }
            catch (ProcessDied)
            {
            }

            Must(!isThrough, "A request goes through that is not in the journal");
            bench.Recover(edge.Journal.Findings(null));
            MustBe(afterWriting ? 100 : 0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
            MustBe(60, bench.Row.Posted, "Posted");
        }
    }

    private static void DeathAfterTheEnd_PostsWhatWasUsed()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        var holds = Enumerable.Range(0, 3).Select(_ => edge.Take(100)!).ToArray();
        holds[0].Settle(30);
        holds[1].Settle(0);
        bench.Recover(edge.Journal.Findings(null));
        MustBe(30, bench.Row.Posted, "Posted of what had ended but was not reported");
        MustBe(100, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
        MustBe(100_000 - 130, bench.Row.Available, "Available");
    }

    private static void JournalThatIsFull_RefusesMoney()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Stock(500);
        edge.Journal.IsFull = true;
        Must(edge.FromHand(10) is null, "Money is taken from hand that cannot be journalled");
        Must(edge.Take(10) is null, "Money is taken from the owner that cannot be journalled");
        edge.Journal.IsFull = false;
        edge.Live(40);
        MustBe(60, bench.Row.Posted, "Posted");
        MustBe(99_940, bench.Row.Available, "Available");
    }

    private static void Settling_EndsSuspense()
    {
        var bench = Suspended(out var row);
        bench.Act(Settlement(row, 40));
        MustBe(40, bench.Row.Posted, "Posted after the settlement");
        MustBe(960, bench.Row.Available, "Available after the settlement");
        bench.Act(Settlement(row, 40));
        bench.Act(Settlement(row, 90) with { Id = "again" });
        MustBe(40, bench.Row.Posted, "Posted after it was settled again");
        MustBe(0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
    }

    private static void Settling_PostsNoMoreThanWasHeld()
    {
        var bench = Suspended(out var row);
        bench.Act(Settlement(row, 5000));
        Must(bench.Row.Posted <= 100, $"{bench.Row.Posted} is posted of a hold of 100");
    }

    // Its edge was taken for dead before the answer came, and goes on with an owner that has just taken over.
    private static void GrantNobodyHeardOf_IsPostedOnce()
    {
        var bench = new Bench(Budget(100_000) with { Orphans = OrphanPolicy.PostWorst });
        var edge = bench.Edge();
        edge.Talk();
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { Cost = 500 });
        var request = edge.Say();
        bench.Ask(request);
        var granted = bench.Lease.Granted;
        bench.Suspend(edge.Session);
        bench.NewOwner(mayOthersHold: true);
        edge.Hear(bench.Ask(request));
        edge.Live(3);
        MustBe(granted, bench.Ledger.Leases.MinBy(l => l.Number)!.Posted, "Posted of what nobody heard of");
        MustBe(granted, bench.Row.Posted, "Posted");
    }

    private static void PostWorst_PostsTheHold()
    {
        var bench = new Bench(Budget(1000) with { Orphans = OrphanPolicy.PostWorst });
        var edge = bench.Edge();
        edge.Take(100);
        bench.Recover(edge.Journal.Findings(null));
        bench.Sweep();
        MustBe(100, bench.Row.Posted, "Posted of a hold whose end nobody knows");
        MustBe(0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
        MustBe(900, bench.Row.Available, "Available");
    }

    private static void ReleaseAfter_CreditsWhenItsTimeHasCome()
    {
        var bench = new Bench(Budget(1000) with { Orphans = OrphanPolicy.ReleaseAfter, OrphansKept = TimeSpan.FromMinutes(10) });
        var edge = bench.Edge();
        edge.Take(100);
        bench.Recover(edge.Journal.Findings(null));
        bench.Pass(599);
        bench.Sweep();
        MustBe(900, bench.Row.Available, "Available before the time has come");
        bench.Pass(2);
        bench.Sweep();
        MustBe(1000, bench.Row.Available, "Available after the time has come");
        MustBe(0, bench.Row.Posted, "Posted");
    }

    private static void FindingsTwice_ChangeNothingMore()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Take(100);
        var findings = edge.Journal.Findings(null);
        for (var i = 0; i < 3; i++)
        {
            bench.Recover(findings);
            bench.Suspend(edge.Session);
        }

        MustBe(60, bench.Row.Posted, "Posted");
        MustBe(100, bench.Ledger.InSuspense(bench.Account, 0), "In suspense");
        bench.Act(Settlement(bench.Ledger.Suspense.Single(), 10));
        bench.Recover(findings);
        MustBe(70, bench.Row.Posted, "Posted after the settlement, and the same findings again");
        MustBe(0, bench.Ledger.InSuspense(bench.Account, 0), "In suspense after it");
    }

    private static void SuspectedEdge_GoesOn()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        for (var i = 0; i < 5; i++)
        {
            bench.Suspend(edge.Session);
            edge.Live(1);
            (edge.Take(100) ?? throw new InvariantBroken("An edge that was taken for dead gets no money any more")).Settle(50);
        }

        edge.Live(40);
        MustBe(250, bench.Row.Posted, "Posted");
        MustBe(750, bench.Row.Available, "Available");
    }

    private static void UndoneHold_IsNotInTheJournal()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Stock(500);
        var hold = edge.Core.NewHold("undone");
        var mark = hold.Mark();
        Must(edge.Core.TryAdmit(hold, [edge.Account()], new Amounts { Cost = 50 }, edge.Now, out _), "What is to hand cannot be taken");
        hold.Undo(mark);
        hold.Cancel();
        MustBe(0, edge.Journal.Findings(null).Open.Count, "Holds in the journal after the only one was undone");
    }

    // The ledger cannot be reached when an edge gives all back.
    private static void UnheardClose_IsSaidAgain()
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Core.Stop();
        edge.Hear(bench.AskInVain(edge.Core.Last(Bench.OwnerName, edge.Now)!, isWritten: false));
        for (var i = 0; i < 5; i++)
        {
            bench.Pass(1.5);
            if (edge.Core.Last(Bench.OwnerName, edge.Now) is { } last) edge.Hear(bench.Ask(last));
        }

        MustBe(60, bench.Row.Posted, "Posted after a close that was said again");
        MustBe(940, bench.Row.Available, "Available after it");
    }

    private static Bench Suspended(out SuspenseRow row)
    {
        var bench = new Bench(Budget(1000));
        var edge = bench.Edge();
        edge.Take(100);
        bench.Recover(edge.Journal.Findings(null));
        row = bench.Ledger.Suspense.Single();
        return bench;
    }

    private static BudgetAct Settlement(SuspenseRow row, long amount) =>
        new("settlement", BudgetActKind.Settle, row.Account, amount, "bench", null) { Session = row.Session, Hold = row.Name, Lease = row.Lease };
}
