using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Edges;

public sealed class HoldTests
{
    private readonly EdgeRig _rig = new();

    [Fact]
    public void Settle_RefundsWhatWasNotUsed_ToTheSameLease()
    {
        var (requests, tokens) = (_rig.Stocked("requests", 5), _rig.Stocked("tokens", 100, Dimension.Tokens));
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, new() { Requests = 1, InputTokens = 10, OutputTokens = 50 }, requests, tokens));

        hold.Settle(new() { Requests = 1, InputTokens = 10, OutputTokens = 5 });

        Assert.Equal((4, 85), (requests.Remaining, tokens.Remaining));
        _rig.Pass(TimeSpan.FromSeconds(1.1));
        Assert.Equal((1, 15), (_rig.Owner.LeasesOf(requests.Id)[0].Spent, _rig.Owner.LeasesOf(tokens.Id)[0].Spent));
    }

    [Fact]
    public void Settle_GivesSlotsBack()
    {
        var slots = _rig.Stocked("slots", 2, Dimension.Concurrency, AccountKind.Concurrency);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Concurrency, 2), slots));

        hold.Settle(EdgeRig.Amount(Dimension.Concurrency, 2));

        Assert.Equal(2, slots.Remaining);
    }

    [Fact]
    public void Cancel_GivesEverythingBack_AndASettlementAfterwardsNothing()
    {
        var account = _rig.Stocked("limit", 5);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(3), account));

        hold.Cancel();
        hold.Settle(EdgeRig.Requests(3));
        hold.Cancel();

        Assert.Equal(5, account.Remaining);
        Assert.Equal(0, _rig.Core.View().Accounts[0].Spent);
        Assert.False(_rig.TryAdmit(hold, EdgeRig.Requests(1), account));
    }

    [Fact]
    public void Settle_ForMoreThanIsHeld_IsCutAndCounted()
    {
        var overruns = new List<(Account, long)>();
        var rig = new EdgeRig(signals: new EdgeSignals(new() { Overrun = (a, n) => overruns.Add((a, n)) }));
        var account = rig.Stocked("limit", 5);
        var hold = rig.Core.NewHold("a");
        Assert.True(rig.TryAdmit(hold, EdgeRig.Requests(3), account));

        hold.Settle(EdgeRig.Requests(4));

        Assert.Equal(2, account.Remaining);
        Assert.Equal(3, rig.Core.View().Accounts[0].Spent);
        Assert.Equal([(account, 1L)], overruns);
        Assert.Equal(1, rig.Core.Overruns);
    }

    [Fact]
    public void Raise_HoldsMore_AndARefusedRaiseLeavesItAsItWas()
    {
        var account = _rig.Stocked("tokens", 100, Dimension.OutputTokens);
        var hold = _rig.Core.NewHold("a");
        for (var i = 0; i < 9; i++) Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.OutputTokens, 10), account));
        Assert.False(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.OutputTokens, 11), account));

        Assert.Equal((90, 10), (hold.Of(Dimension.OutputTokens), account.Remaining));
        hold.Settle(EdgeRig.Amount(Dimension.OutputTokens, 42));
        Assert.Equal((58, 0), (account.Remaining, _rig.Core.Overruns));
        Assert.Equal(42, _rig.Core.View().Accounts[0].Spent);
    }

    [Fact]
    public void Raise_ThousandTimes_IsStillOneHold()
    {
        var account = _rig.Stocked("budget", 10_000, Dimension.Cost, AccountKind.Budget);
        var hold = _rig.Core.NewHold("a");
        for (var i = 0; i < 1_000; i++)
        {
            hold.Mark();
            Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 5), account));
        }

        Assert.Equal(5_000, hold.Of(Dimension.Cost));
        Assert.EndsWith("1:5000", _rig.Journal.Lines[^1], StringComparison.Ordinal);
        hold.Settle(EdgeRig.Amount(Dimension.Cost, 4_999));
        Assert.Equal(5_001, account.Remaining);
    }

    [Fact]
    public void Raise_AcrossTwoLeases_UsesTheOlderFirst()
    {
        (_rig.Owner.Period, _rig.Owner.Lifetime) = (1, TimeSpan.MaxValue);
        var budget = _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 20), budget));
        _rig.Owner.Period = 2;
        _rig.Pass(TimeSpan.FromSeconds(1.1));
        Assert.Equal(Denial.None, _rig.Take(hold, EdgeRig.Amount(Dimension.Cost, 10), budget).Denial);
        Assert.Equal(30, hold.Of(Dimension.Cost));

        hold.Settle(EdgeRig.Amount(Dimension.Cost, 23));
        _rig.Exchange();
        _rig.Pass(TimeSpan.FromSeconds(1.1));

        Assert.Equal([20, 3], _rig.Owner.LeasesOf(budget.Id).Select(l => l.Spent));
        Assert.Equal(0, _rig.Core.Overruns);
    }

    [Fact]
    public void Spend_MakesPartOfIt_SpentForTheOwner_AndCannotBeTakenBack()
    {
        var account = _rig.Stocked("tokens", 100, Dimension.Tokens);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, new() { InputTokens = 10, OutputTokens = 50 }, account));
        hold.Spend(new() { InputTokens = 10 });
        hold.Spend(new() { InputTokens = 10, OutputTokens = 20 });
        hold.Spend(new() { InputTokens = 10 });
        _rig.Pass(TimeSpan.FromSeconds(1.1));

        Assert.Equal(30, _rig.Owner.LeasesOf(account.Id)[0].Spent);
        hold.Cancel();
        _rig.Pass(TimeSpan.FromSeconds(1.1));
        Assert.Equal(30, _rig.Owner.LeasesOf(account.Id)[0].Spent);
        Assert.Equal(70, account.Remaining + _rig.Owner[account.Id]);
    }

    [Fact]
    public void Settle_AfterTheLeaseHasExpired_GivesARateNothingBack()
    {
        var account = _rig.Stocked("limit", 5);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(3), account));
        // The process stood still.
        _rig.Now += _rig.Owner.Lifetime;
        _rig.Core.Visit(_rig.Now);
        _rig.Core.Visit(_rig.Now + TimeSpan.FromSeconds(1));
        hold.Cancel();
        _rig.Exchange();

        Assert.Equal(0, account.Remaining);
        Assert.False(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(1), account));
        Assert.Equal(0, _rig.Owner[account.Id]);
    }

    [Fact]
    public void Money_IsJournalledBeforeItIsHeld_AndWhenItEnds()
    {
        _rig.Owner.Period = 3;
        var (day, month) = (_rig.Stocked("day", 50, Dimension.Cost, AccountKind.Budget), _rig.Stocked("month", 50, Dimension.Cost, AccountKind.Budget));
        _rig.Journal.Lines.Clear();
        var hold = _rig.Core.NewHold("req-1");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 20), day, month));
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 5), month));
        hold.Settle(EdgeRig.Amount(Dimension.Cost, 22));

        Assert.Equal(["held 3 req-1 1:20,2:20", "held 3 req-1 1:20,2:25", "ended 3 1:20,2:22"], _rig.Journal.Lines);
        Assert.Equal(1, _rig.Core.Overruns);
    }

    [Fact]
    public void Money_ThatCannotBeJournalled_IsNotHeld()
    {
        var (rate, budget) = (_rig.Stocked("limit", 5), _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget));
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 20), budget));
        _rig.Journal.IsFull = true;

        Assert.False(_rig.TryAdmit(hold, new() { Requests = 1, Cost = 1 }, rate, budget));
        Assert.Equal((5, 30, 20), (rate.Remaining, budget.Remaining, hold.Of(Dimension.Cost)));
        Assert.Equal(Denial.Unavailable, _rig.Take(hold, EdgeRig.Amount(Dimension.Cost, 30), budget).Denial);
    }

    [Fact]
    public void Undo_OfMoney_IsJournalledBeforeItGoesBack()
    {
        var budget = _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        _rig.Journal.Lines.Clear();
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 20), budget));
        var mark = hold.Mark();
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 10), budget));
        hold.Undo(mark);
        hold.Undo(0);

        Assert.Equal(["held 2 a 1:20", "held 2 a 1:30", "held 2 a 1:20", "ended 2 "], _rig.Journal.Lines);
        Assert.Equal(50, budget.Remaining);
    }

    [Fact]
    public void ClosedLeaseOfMoney_IsForgottenByTheJournal_OnceTheOwnerHasSaidSo()
    {
        _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        _rig.Pass(TimeSpan.FromSeconds(29));
        Assert.DoesNotContain("closed 1", _rig.Journal.Lines);
        _rig.Pass(TimeSpan.FromSeconds(4));

        Assert.Contains("closed 1", _rig.Journal.Lines);
    }

    [Fact]
    public void Dispose_CancelsAndTheNextRequestGetsACleanOne()
    {
        var account = _rig.Stocked("limit", 5);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(3), account));
        hold.Dispose();

        Assert.Equal(5, account.Remaining);
        var next = _rig.Core.NewHold("b");
        Assert.Equal(("b", 0), (next.Name, next.Of(Dimension.Requests)));
    }
}
