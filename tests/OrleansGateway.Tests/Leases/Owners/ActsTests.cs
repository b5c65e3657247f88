using OrleansGateway.Leases;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class ActsTests
{
    private readonly OwnerBench _bench = new(accounts: ("m", Budget(100, days: 1)));
    private int _acts;

    [Fact]
    public void Acts_ChangeTheRowAsTheySay()
    {
        var edge = new BenchEdge(_bench);
        edge.Take(60, "m");
        edge.Spend("m", 50);
        edge.Send();
        Assert.Equal((60L, 100L), LevelAndLimit(Act(BudgetActKind.Refund, 20)));
        Assert.Equal((110L, 150L), LevelAndLimit(Act(BudgetActKind.Adjust, 50)));
        Assert.Equal((140L, 150L), LevelAndLimit(Act(BudgetActKind.Reset, 0)));
        Assert.Equal(10, _bench.View("m").Out);
        Assert.Equal((-10L, 0L), LevelAndLimit(Act(BudgetActKind.Adjust, -150)));
        Assert.NotNull(Act(BudgetActKind.Adjust, -1).Fault);
        Assert.NotNull(Act(BudgetActKind.Refund, 1).Fault);
        Assert.NotNull(Act(BudgetActKind.Grant, 0).Fault);
        Assert.NotNull(Act(BudgetActKind.Grant, long.MaxValue).Fault is null ? Act(BudgetActKind.Adjust, long.MaxValue).Fault : "refused");
    }

    [Fact]
    public void Act_AskedForTwice_IsDoneOnce()
    {
        var act = new BudgetAct("same", BudgetActKind.Adjust, Id("m"), 10, "admin", null);
        Assert.Equal(110, _bench.Act(act).After!.Limit);
        Assert.Equal(110, _bench.Act(act).After!.Limit);
        Assert.Equal(110, _bench.View("m").Limit);
    }

    [Fact]
    public void Act_ThatCouldNotBeWritten_CanBeAskedForAgain()
    {
        var act = new BudgetAct("same", BudgetActKind.Adjust, Id("m"), 10, "admin", null);
        _bench.Ledger.Faults.Enqueue(LedgerFault.Fails);
        _bench.Act(act);
        _bench.Reload();
        Assert.Equal(110, _bench.Act(act).After!.Limit);
    }

    [Fact]
    public void Credits_AreUsedAfterTheLimit_ByPriorityThenExpiry()
    {
        Grant("late", 30, priority: 1);
        Grant("soon", 20, priority: 1, expires: TimeSpan.FromHours(5));
        Grant("first", 10, priority: 0);
        Spend(100);
        Assert.Equal([0L, 0L, 0L], Burned("first", "soon", "late"));
        Spend(25);
        Assert.Equal([10L, 15L, 0L], Burned("first", "soon", "late"));
        _bench.Advance(TimeSpan.FromHours(5));
        _bench.Sweep();
        Assert.Equal((30L, 155L), (_bench.View("m").Level, _bench.View("m").Limit));
        Spend(30);
        Assert.Equal([10L, 20L, 30L], Burned("first", "soon", "late"));
    }

    [Fact]
    public void Credit_ThatExpiresWhileOut_IsGoneWhenItComesBack()
    {
        Grant("soon", 50, expires: TimeSpan.FromHours(1));
        var edge = new BenchEdge(_bench);
        edge.Take(150, "m");
        _bench.Advance(TimeSpan.FromHours(2));
        _bench.Sweep();
        Assert.Equal((0L, 150L), (_bench.View("m").Level, _bench.View("m").Limit));
        edge.GiveBack("m", 150);
        edge.Send();
        _bench.Sweep();
        Assert.Equal((100L, 100L), (_bench.View("m").Level, _bench.View("m").Limit));
    }

    [Fact]
    public void Credits_AtTheEndOfAPeriod_GoOnOnlyIfTheyRollOver()
    {
        Grant("stays", 40, rollsOver: true);
        Grant("goes", 30);
        Spend(110);
        _bench.Advance(TimeSpan.FromDays(1));
        _bench.Sweep();
        Assert.Equal((130L, 130L), (_bench.View("m").Level, _bench.View("m").Limit));
        _bench.Restart();
        Assert.Equal((130L, 130L), (_bench.View("m").Level, _bench.View("m").Limit));
    }

    private static (long Available, long Limit) LevelAndLimit(BudgetActResult result)
    {
        Assert.Null(result.Fault);
        return (result.After!.Available, result.After.Limit);
    }

    private BudgetActResult Act(BudgetActKind kind, long amount) => _bench.Act(new BudgetAct($"act-{_acts++}", kind, Id("m"), amount, "admin", null));

    private void Grant(string id, long amount, int priority = 0, TimeSpan? expires = null, bool rollsOver = false)
    {
        var act = new BudgetAct(id, BudgetActKind.Grant, Id("m"), amount, "admin", null) { Priority = priority, ExpiresAt = _bench.Now.Utc + expires, RollsOver = rollsOver };
        Assert.Null(_bench.Act(act).Fault);
        _bench.Advance(TimeSpan.FromMilliseconds(1));
    }

    private void Spend(long units)
    {
        var edge = new BenchEdge(_bench);
        Assert.Equal(Denial.None, edge.Take(units, "m").Denial);
        edge.Spend("m", units);
        edge.Close("m");
    }

    private long[] Burned(params string[] ids)
    {
        var credits = _bench.Ledger.ReadAsync(Owner, CancellationToken.None).AsTask().GetAwaiter().GetResult()!.Credits;
        return [.. ids.Select(id => credits.Single(c => c.Id == id).Burned)];
    }
}
