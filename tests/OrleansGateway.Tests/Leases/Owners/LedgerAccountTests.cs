using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class LedgerAccountTests
{
    [Fact]
    public void Grant_IsDurableBeforeItIsUsable()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(1000)));
        var edge = new BenchEdge(bench);
        edge.Take(300, "m");
        Assert.Equal(1, bench.Ledger.Writes);
        bench.Restart();
        Assert.Equal((700L, 300L), (bench.View("m").Level, bench.View("m").Out));
        edge.Spend("m", 200);
        edge.GiveBack("m", 100);
        edge.Send();
        var view = bench.View("m");
        Assert.Equal((800L, 0L, 200L), (view.Level, view.Out, view.Posted));
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("answer lost")]
    public void Write_ThatFails_GrantsNothingAndLosesNothing(string how)
    {
        var bench = new OwnerBench(accounts: [("m", Budget(1000)), ("r", Bucket(10))]);
        var edge = new BenchEdge(bench);
        edge.Take(100, "m");
        edge.Spend("m", 60);
        edge.GiveBack("m", 40);
        bench.Ledger.Faults.Enqueue(how == "fails" ? LedgerFault.Fails : LedgerFault.AnswerLost);
        Assert.Equal(Denial.Unavailable, edge.Take(5, "m", "r").Denial);
        Assert.True(edge.Last!.IsMoneyUnheard);
        Assert.Equal((10L, 0L), (bench.View("r").Level, bench.View("r").Out));
        Assert.Equal(Denial.None, edge.Take(1, "r").Denial);
        Assert.Equal(Denial.Unavailable, edge.Take(1, "m").Denial);
        bench.Reload();
        edge.Close("m");
        var view = bench.View("m");
        Assert.Equal((940L, 0L, 60L), (view.Level, view.Out, view.Posted));
        Assert.Equal(Denial.None, edge.Take(940, "m").Denial);
    }

    [Fact]
    public void Budget_UsedUp_SaysSoAndUntilWhen()
    {
        var bench = new OwnerBench(accounts: [("day", Budget(100, days: 1)), ("life", Budget(100))]);
        var (edge, other) = (new BenchEdge(bench), new BenchEdge(bench));
        edge.Take(100, "day", "life");
        Assert.Equal(Denial.NotNow, other.Take(1, "day").Denial);
        edge.Spend("day", 100);
        edge.Spend("life", 100);
        edge.Send();
        bench.Advance(TimeSpan.FromHours(6));
        Assert.Equal((Denial.Exhausted, TimeSpan.FromHours(18)), (other.Take(1, "day").Denial, other.Last!.Takes[0].Delay));
        Assert.Equal((Denial.Exhausted, TimeSpan.Zero), (other.Take(1, "life").Denial, other.Last!.Takes[0].Delay));
        Assert.Equal(Denial.Never, other.Take(101, "day").Denial);
        bench.Advance(TimeSpan.FromHours(18));
        Assert.Equal(Denial.None, other.Take(100, "day").Denial);
    }

    [Fact]
    public void Refund_OfAPeriodThatIsOver_DoesNotEnterTheNext()
    {
        var bench = new OwnerBench(accounts: ("day", Budget(100, days: 1)));
        var edge = new BenchEdge(bench);
        edge.Take(80, "day");
        bench.Advance(TimeSpan.FromDays(1));
        edge.Send();
        Assert.Equal(TimeSpan.Zero, edge["day"].Grant.Lifetime);
        edge.Spend("day", 10);
        edge.GiveBack("day", 70);
        edge.Close("day");
        Assert.Equal((100L, 0L), (bench.View("day").Level, bench.View("day").Posted));
        var old = bench.Ledger.Acquire(Owner).Accounts.MinBy(a => a.Period)!;
        Assert.Equal((90L, 10L), (old.Available, old.Posted));
    }

    [Fact]
    public void Advance_OfMoney_IsSmallAndEndsInExactCalls()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100_000)));
        var edge = new BenchEdge(bench);
        edge["m"].TypicalHold = 10;
        Assert.Equal(640, edge.Want("m", 640));
        Assert.Equal(1_987, edge.Want("m", 50_000));
        Assert.False(edge["m"].Grant.IsExact);
        edge["m"].TypicalHold = 5000;
        edge.Want("m", 50_000);
        Assert.True(edge["m"].Grant.IsExact);
        Assert.Equal(2_627, edge["m"].Granted);
    }

    [Fact]
    public void Notices_AreGivenOnceEach()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100, days: 1) with { Notices = [50, 80, 100] }));
        var edge = new BenchEdge(bench);
        Spend(49);
        Assert.Empty(bench.Ledger.Notices);
        Spend(1);
        Spend(35);
        bench.Restart();
        Spend(15);
        Assert.Equal([50, 80, 100], bench.Ledger.Notices.Select(n => n.Percent));
        bench.Advance(TimeSpan.FromDays(1));
        edge.Close("m");
        Spend(50);
        Assert.Equal(4, bench.Ledger.Notices.Count);

        void Spend(long units)
        {
            Assert.Equal(Denial.None, edge.Take(units, "m").Denial);
            edge.Spend("m", units);
            edge.Send();
        }
    }

    [Fact]
    public void Limit_RaisedAndLowered_KeepsWhatWasSpent()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100)));
        var edge = new BenchEdge(bench);
        edge.Take(60, "m");
        edge.Spend("m", 50);
        bench["m"] = Budget(40);
        bench.Core.SpecsChanged(bench.Now);
        edge.Send();
        Assert.Equal((-20L, 10L, 50L), (bench.View("m").Level, bench.View("m").Out, bench.View("m").Posted));
        Assert.Equal(Denial.Exhausted, edge.Take(1, "m").Denial);
        bench["m"] = Budget(70);
        bench.Restart();
        Assert.Equal(10, bench.View("m").Level);
        bench.Remove("m");
        bench.Restart();
        bench["m"] = Budget(70, days: 1);
        bench.Core.SpecsChanged(bench.Now);
        bench.Sweep();
        Assert.Equal((10L, 10L, 50L), (bench.View("m").Level, bench.View("m").Out, bench.View("m").Posted));
    }

    [Theory]
    [InlineData("day", "month")]
    [InlineData("month", "day")]
    [InlineData("day", "lifetime")]
    [InlineData("lifetime", "day")]
    [InlineData("day", "rolling")]
    [InlineData("rolling", "day")]
    [InlineData("rolling", "lifetime")]
    [InlineData("lifetime", "rolling")]
    public void Periods_ThatAreOthersNow_CountWhatWasSpent_InTheNextLifeToo(string before, string after)
    {
        // In the middle of a day, and of thirty.
        var bench = new OwnerBench(start: new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero), accounts: ("m", Spec(before)));
        var edge = new BenchEdge(bench);
        edge.Take(60, "m");
        edge.Spend("m", 50);
        edge.Send();
        foreach (var spec in (string[])[after, before, after])
        {
            bench["m"] = Spec(spec);
            bench.Core.SpecsChanged(bench.Now);
            bench.Sweep();
            Assert.Equal((40L, 10L, 50L), (bench.View("m").Level, bench.View("m").Out, bench.View("m").Posted));
            bench.Restart();
            bench.Sweep();
            Assert.Equal((40L, 10L, 50L), (bench.View("m").Level, bench.View("m").Out, bench.View("m").Posted));
        }

        static AccountSpec Spec(string periods) => periods switch
        {
            "day" => Budget(100, days: 1),
            "month" => Budget(100, days: 30),
            "rolling" => Budget(100) with { Time = TimeSpan.FromDays(10) },
            _ => Budget(100),
        };
    }

    [Fact]
    public void RollingBudget_CountsEachPostForItsLength()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100) with { Time = TimeSpan.FromDays(10) }));
        var edge = new BenchEdge(bench);
        for (var day = 0; day < 10; day++)
        {
            Assert.Equal(Denial.None, edge.Take(10, "m").Denial);
            edge.Spend("m", 10);
            edge.Send();
            bench.Advance(TimeSpan.FromDays(1));
            if (day == 4) bench.Restart();
        }

        for (var i = 0; i < 3; i++)
        {
            var denied = edge.Take(10, "m");
            Assert.Equal(Denial.Exhausted, denied.Denial);
            Assert.InRange(denied.Delay, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1));
            bench.Advance(denied.Delay);
            Assert.Equal(Denial.None, edge.Take(10, "m").Denial);
            edge.Spend("m", 10);
            edge.Send();
        }

        Assert.Equal((100L, 100L), (bench.View("m").Limit, bench.View("m").Posted));
    }

    [Fact]
    public void Correction_OfAPeriod_ChangesThatOneOnlyAndOnce()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100, days: 1)));
        var edge = new BenchEdge(bench);
        edge.Take(30, "m");
        edge.Spend("m", 30);
        edge.Close("m");
        var period = bench.View("m").Period;
        bench.Advance(TimeSpan.FromDays(2));
        bench.Sweep();
        Correct("past", 7, period);
        Correct("past", 7, period);
        Correct("now", 120, bench.View("m").Period);
        Correct("refund", -5, bench.View("m").Period);
        Assert.Equal((115L, -15L), (bench.View("m").Posted, bench.View("m").Level));
        Assert.Equal(Denial.Exhausted, edge.Take(1, "m").Denial);
        Assert.Equal([37L, 115L], bench.Ledger.Acquire(OwnerBench.Owner).Accounts.OrderBy(a => a.Period).Select(a => a.Posted));

        void Correct(string id, long amount, long of) =>
            Assert.Null(bench.Act(new BudgetAct(id, BudgetActKind.Correct, OwnerBench.Id("m"), amount, "adm_1", null) { Period = of }).Fault);
    }

    [Fact]
    public void Correction_OfAWindowThatRolls_CountsUntilWhatItCorrectsHasLeft()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100) with { Time = TimeSpan.FromDays(10) }));
        var edge = new BenchEdge(bench);
        var begin = bench.Now.Utc;
        for (var day = 0; day < 3; day++)
        {
            edge.Take(10, "m");
            edge.Spend("m", 10);
            edge.Send();
            bench.Advance(TimeSpan.FromDays(1));
        }

        edge.Close("m");
        Assert.Equal((45L, 55L), Correct("first", 15, begin));
        Assert.Equal((40L, 60L), Correct("second", -5, begin + TimeSpan.FromDays(1)));
        bench.Restart();
        Assert.Equal((40L, 60L), (bench.View("m").Posted, bench.View("m").Level));
        // The first has left, with its correction; and what is said of it then changes nothing.
        bench.Advance(TimeSpan.FromDays(7.5));
        bench.Sweep();
        Assert.Equal((15L, 85L), Correct("late", 99, begin));
        bench.Advance(TimeSpan.FromDays(3));
        bench.Sweep();
        Assert.Equal((0L, 100L), (bench.View("m").Posted, bench.View("m").Level));

        (long, long) Correct(string id, long amount, DateTimeOffset at)
        {
            Assert.Null(bench.Act(new BudgetAct(id, BudgetActKind.Correct, OwnerBench.Id("m"), amount, "adm_1", null) { At = at }).Fault);
            return (bench.View("m").Posted, bench.View("m").Level);
        }
    }

    [Fact]
    public void Budget_ThatRollsOver_AddsWhatIsLeftOnce()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(100, days: 1) with { RollsOver = true }));
        var edge = new BenchEdge(bench);
        edge.Take(30, "m");
        edge.Spend("m", 30);
        edge.Close("m");
        bench.Advance(TimeSpan.FromDays(1));
        edge.Send();
        bench.Sweep();
        Assert.Equal(170, bench.View("m").Level);
        bench.Advance(TimeSpan.FromDays(1));
        bench.Sweep();
        Assert.Equal(200, bench.View("m").Level);
        bench.Advance(TimeSpan.FromDays(5));
        bench.Sweep();
        Assert.Equal(200, bench.View("m").Level);
    }

    [Fact]
    public void Journal_ThatIsWhole_ProvesWhatWasNeverUsed()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(1000)));
        var edge = new BenchEdge(bench);
        edge.Take(500, "m");
        var lease = edge["m"].Lease;
        bench.Restart();
        var findings = new JournalFindings(edge.Session, true, [new FoundLease(Id("m"), lease, 0, 120)], [new FoundHold("req-1", Id("m"), lease, 80), new FoundHold("req-2", Id("m"), lease, 50)]);
        bench.Commit(bench.Core.BeginRecovery(findings, bench.Now));
        var view = bench.View("m");
        Assert.Equal((750L, 130L, 130L, 120L), (view.Level, view.Out, view.Suspense, view.Posted));
        Assert.Equal(["req-1", "req-2"], bench.Ledger.Acquire(Owner).Suspense.Select(s => s.Name).Order());
        bench.Restart();
        Assert.Null(Settle("req-1", 30, edge.Session, lease).Fault);
        Assert.NotNull(Settle("req-2", 51, edge.Session, lease).Fault);
        Assert.Null(Settle("req-2", 50, edge.Session, lease).Fault);
        view = bench.View("m");
        Assert.Equal((800L, 0L, 0L, 200L), (view.Level, view.Out, view.Suspense, view.Posted));

        BudgetActResult Settle(string hold, long cost, Guid session, long number) =>
            bench.Act(new BudgetAct($"a-{hold}-{cost}", BudgetActKind.Settle, Id("m"), cost, "admin", null) { Session = session, Lease = number, Hold = hold });
    }

    [Theory]
    [InlineData(OrphanPolicy.Hold, 500, 500, 0)]
    [InlineData(OrphanPolicy.PostWorst, 500, 0, 500)]
    [InlineData(OrphanPolicy.ReleaseAfter, 1000, 0, 0)]
    public void Lease_OfASessionThatIsGone_GoesByThePolicy(object policy, long level, long suspense, long posted)
    {
        var bench = new OwnerBench(accounts: ("m", Budget(1000) with { Orphans = (OrphanPolicy)policy, OrphansKept = TimeSpan.FromHours(1) }));
        var edge = new BenchEdge(bench);
        edge.Take(500, "m");
        bench.Commit(bench.Core.BeginSuspend(edge.Session, bench.Now));
        bench.Sweep();
        if ((OrphanPolicy)policy == OrphanPolicy.ReleaseAfter) Assert.Equal(500, bench.View("m").Suspense);
        bench.Advance(TimeSpan.FromHours(1));
        bench.Sweep();
        var view = bench.View("m");
        Assert.Equal((level, suspense, posted), (view.Level, view.Suspense, view.Posted));
    }

    [Fact]
    public void Session_ThatWasTakenForDead_SettlesWhatItHas()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(1000)));
        var edge = new BenchEdge(bench);
        edge.Take(500, "m");
        bench.Commit(bench.Core.BeginSuspend(edge.Session, bench.Now));
        edge.Spend("m", 100);
        edge.GiveBack("m", 400);
        edge.Close("m");
        var view = bench.View("m");
        Assert.Equal((900L, 0L, 0L, 100L), (view.Level, view.Out, view.Suspense, view.Posted));
        Assert.Empty(bench.Ledger.Acquire(Owner).Suspense);
    }

    [Fact]
    public void Journal_ThatMayLackItsEnd_GivesNothingBack()
    {
        var bench = new OwnerBench(accounts: ("m", Budget(1000)));
        var edge = new BenchEdge(bench);
        edge.Take(500, "m");
        bench.Restart();
        bench.Commit(bench.Core.BeginRecovery(new JournalFindings(edge.Session, false, [new FoundLease(Id("m"), edge["m"].Lease, 0, 120)], []), bench.Now));
        var view = bench.View("m");
        Assert.Equal((500L, 380L, 380L, 120L), (view.Level, view.Out, view.Suspense, view.Posted));
    }

    [Fact]
    public void Rows_ThatDoNotAddUp_AreNeverWritten()
    {
        var draft = new LedgerDraft();
        var account = new LedgerAccount(Id("m"), Budget(10), new OwnerSettings(), draft);
        account.Load(new AccountRow(Id("m"), 0, 10, 4, 5, 10, 0, null, null));
        account.Touch(account.Current);
        Assert.Contains("m", Assert.Throws<InvalidOperationException>(() => draft.Take(Owner, 1)).Message, StringComparison.Ordinal);
    }
}
