using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Edges;

public sealed class EdgeCoreTests
{
    private readonly EdgeRig _rig = new();

    [Fact]
    public void TryAdmit_WithUnitsToHand_TakesThemWithoutTheOwner()
    {
        var account = _rig.Stocked("limit", 3);
        var asked = _rig.Owner.Requests.Count;
        var hold = _rig.Core.NewHold("a");

        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(2), account));

        Assert.Equal(1, account.Remaining);
        Assert.Equal(2, hold.Of(Dimension.Requests));
        Assert.Equal(asked, _rig.Owner.Requests.Count);
    }

    [Fact]
    public void TryAdmit_WhenTheLastOfTwelveHasNotEnough_ChangesNone()
    {
        var accounts = Enumerable.Range(0, 11).Select(i => _rig.Stocked($"limit{i}", 5)).Append(_rig.Stocked("narrow", 1)).ToArray();
        var hold = _rig.Core.NewHold("a");

        Assert.False(_rig.Core.TryAdmit(hold, accounts, EdgeRig.Requests(2), _rig.Now, out var wanting));

        Assert.Same(accounts[11], wanting);
        Assert.All(accounts[..11], a => Assert.Equal(5, a.Remaining));
        Assert.Equal(1, accounts[11].Remaining);
        Assert.Equal(0, hold.Of(Dimension.Requests));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public void TryAdmit_WithAccountsInAnyOrder_HasTheSameOutcome(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var rig = new EdgeRig();
            var accounts = Enumerable.Range(0, 6).Select(i => rig.Stocked($"limit{i}", random.Next(1, 6))).ToArray();
            var expected = accounts.All(a => a.Remaining >= 2);
            random.Shuffle(accounts);

            Assert.Equal(expected, rig.TryAdmit(rig.Core.NewHold("a"), EdgeRig.Requests(2), accounts));
        }
    }

    [Fact]
    public void TryAdmit_AtTheDeadline_TakesNothing()
    {
        _rig.Owner.Lifetime = TimeSpan.FromSeconds(5);
        var account = _rig.Stocked("limit", 3);
        // 500 ppm for each of two clocks.
        _rig.Now += TimeSpan.FromSeconds(5) * 0.999 - TimeSpan.FromTicks(2);
        Assert.True(_rig.TryAdmit(_rig.Core.NewHold("a"), EdgeRig.Requests(1), account));
        _rig.Now += TimeSpan.FromTicks(2);

        Assert.False(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(1), account));
    }

    [Fact]
    public void Deadline_IsCountedFromWhenTheRequestWasSent()
    {
        var account = _rig.Account("limit", level: 3);
        var take = _rig.Core.QueueTake(_rig.Core.NewHold("a"), [account], EdgeRig.Requests(1));
        var request = _rig.Core.NextRequest(EdgeRig.OwnerName, _rig.Now)!;
        var reply = _rig.Owner.Answer(EdgeRig.OwnerName, request);
        _rig.Now += _rig.Owner.Lifetime;
        _rig.Core.Received(EdgeRig.OwnerName, reply, _rig.Now);

        Assert.Equal(Denial.NotNow, take.Denial);
        Assert.False(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(1), account));
    }

    [Fact]
    public void Confirm_AfterAPausePastTheDeadline_UndoesTheAdmission()
    {
        var account = _rig.Stocked("limit", 3);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(1), account));

        Assert.False(hold.Confirm(_rig.Now + _rig.Owner.Lifetime));

        Assert.Equal(3, account.Remaining);
        Assert.Equal(0, hold.Of(Dimension.Requests));
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(3), account));
    }

    [Fact]
    public void Take_WithSomeToHand_GivesThoseBackSoThatTheOwnerCanGrantAll()
    {
        var account = _rig.Stocked("limit", 5);
        _rig.Owner[account.Id] += 3;
        var hold = _rig.Core.NewHold("a");

        var take = _rig.Take(hold, EdgeRig.Requests(8), account);

        Assert.Equal(Denial.None, take.Denial);
        Assert.Equal(8, hold.Of(Dimension.Requests));
    }

    [Fact]
    public void Take_OfTwoAccountsOneOfWhichIsShort_ChangesNeither()
    {
        var (rich, poor) = (_rig.Account("rich", level: 5), _rig.Account("poor", level: 1));

        var take = _rig.Take(_rig.Core.NewHold("a"), EdgeRig.Requests(2), rich, poor);

        Assert.Equal((Denial.NotNow, poor), (take.Denial, take.Binding));
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal((5, 1), (_rig.Owner[rich.Id], _rig.Owner[poor.Id]));
    }

    [Fact]
    public void Take_WhoseHoldHasEndedMeanwhile_GivesEverythingBack()
    {
        var account = _rig.Account("limit", level: 5);
        var hold = _rig.Core.NewHold("a");
        var take = _rig.Core.QueueTake(hold, [account], EdgeRig.Requests(2));
        var request = _rig.Core.NextRequest(EdgeRig.OwnerName, _rig.Now)!;
        hold.Cancel();
        _rig.Core.Received(EdgeRig.OwnerName, _rig.Owner.Answer(EdgeRig.OwnerName, request), _rig.Now);

        Assert.True(take.IsEnded);
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(5, _rig.Owner[account.Id]);
    }

    [Fact]
    public void ExactAccount_GivesBackWhatIsToHand_AndEveryRequestAsks()
    {
        var account = _rig.Stocked("limit", 5);
        _rig.Owner.IsExact = true;
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(1), account));
        hold.Cancel();
        _rig.Pass(TimeSpan.FromSeconds(1.1));

        Assert.True(account.IsExact);
        Assert.Equal((0, 5), (account.Remaining, _rig.Owner[account.Id]));
        hold = _rig.Core.NewHold("a");
        Assert.False(_rig.TryAdmit(hold, EdgeRig.Requests(1), account));
        Assert.Equal(Denial.None, _rig.Take(hold, EdgeRig.Requests(5), account).Denial);

        hold.Settle(EdgeRig.Requests(2));
        _rig.Exchange();
        Assert.Equal(3, _rig.Owner[account.Id]);
    }

    [Fact]
    public void Recall_GivesBackAtOnce()
    {
        var account = _rig.Stocked("limit", 10);
        Assert.True(_rig.TryAdmit(_rig.Core.NewHold("a"), EdgeRig.Requests(1), account));
        (_rig.Owner.Recall, _rig.Owner.GrantsWants) = (4, false);
        _rig.Pass(TimeSpan.FromSeconds(1.1));
        _rig.Owner.Recall = 0;
        _rig.Exchange();

        Assert.True(_rig.Owner[account.Id] >= 4, $"{_rig.Owner[account.Id]}");
        Assert.Equal(10, _rig.Owner[account.Id] + account.Remaining + 1);
    }

    [Fact]
    public void IdleAccount_GivesAllBackAndIsForgotten()
    {
        var account = _rig.Stocked("limit", 5);

        _rig.Pass(TimeSpan.FromSeconds(3.5));
        Assert.Equal((0, 5), (account.Remaining, _rig.Owner[account.Id]));
        Assert.All(_rig.Owner.LeasesOf(account.Id), l => Assert.True(l.IsClosed));

        _rig.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(0, _rig.Core.AccountCount);
        var said = _rig.Owner.Requests.Count;
        _rig.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal(said, _rig.Owner.Requests.Count);
    }

    [Fact]
    public void ForgottenAccount_StillServesThoseWhoKnowIt()
    {
        var account = _rig.Stocked("limit", 5);
        _rig.Pass(TimeSpan.FromSeconds(7));

        Assert.Equal(Denial.None, _rig.Take(_rig.Core.NewHold("a"), EdgeRig.Requests(5), account).Denial);
        Assert.Equal(1, _rig.Core.AccountCount);
    }

    [Fact]
    public void AccountInUse_IsRenewedBeforeItsDeadline()
    {
        var account = _rig.Stocked("limit", 100);
        for (var i = 0; i < 40; i++)
        {
            Assert.True(_rig.TryAdmit(_rig.Core.NewHold("a"), EdgeRig.Requests(1), account), $"after {i} steps");
            _rig.Pass(TimeSpan.FromMilliseconds(500));
        }
    }

    [Fact]
    public void HeldSlot_IsRenewedForAsLongAsTheRequestTakes()
    {
        var account = _rig.Stocked("slots", 2, Dimension.Concurrency, AccountKind.Concurrency);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Concurrency, 1), account));

        _rig.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal(1, _rig.Owner.Out(account.Id));
        hold.Settle(default);
        _rig.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(2, _rig.Owner[account.Id]);
    }

    [Fact]
    public void LostAnswer_IsAskedForWithTheSameRequest()
    {
        var account = _rig.Account("limit", level: 5);
        var take = _rig.Core.QueueTake(_rig.Core.NewHold("a"), [account], EdgeRig.Requests(2));
        var request = _rig.Core.NextRequest(EdgeRig.OwnerName, _rig.Now)!;
        _rig.Owner.Answer(EdgeRig.OwnerName, request);

        Assert.Null(_rig.Core.NextRequest(EdgeRig.OwnerName, _rig.Now));
        Assert.Same(request, _rig.Core.UnderWay(EdgeRig.OwnerName));
        var reply = _rig.Owner.Answer(EdgeRig.OwnerName, request);
        _rig.Core.Received(EdgeRig.OwnerName, reply, _rig.Now);
        _rig.Core.Received(EdgeRig.OwnerName, reply, _rig.Now);

        Assert.Equal(Denial.None, take.Denial);
        Assert.Equal(5, _rig.Owner[account.Id] + account.Remaining + 2);
    }

    [Fact]
    public void OlderEpoch_IsNotListenedTo()
    {
        var account = _rig.Account("limit", level: 5);
        _rig.Owner.Epoch = 3;
        _rig.Take(_rig.Core.NewHold("a"), EdgeRig.Requests(1), account);
        var take = _rig.Core.QueueTake(_rig.Core.NewHold("b"), [account], EdgeRig.Requests(1_000));
        var request = _rig.Core.NextRequest(EdgeRig.OwnerName, _rig.Now)!;
        _rig.Core.Received(EdgeRig.OwnerName, new LeaseReply { Number = request.Number, Epoch = 2, Takes = [new(take.Id, null, Denial.None, default)] }, _rig.Now);

        Assert.False(take.IsEnded);
        Assert.Same(request, _rig.Core.UnderWay(EdgeRig.OwnerName));
    }

    [Fact]
    public void NewLifeOfTheOwner_HearsOfAllMoney_AndRatesBeginWithNewLeases()
    {
        _rig.Owner.Lifetime = TimeSpan.FromSeconds(5);
        var (rate, budget) = (_rig.Stocked("limit", 5), _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget));
        var money = _rig.Core.View().Accounts.Single(a => a.Account == budget).Lease;
        _rig.Owner.BeginAnew();
        var take = _rig.Take(_rig.Core.NewHold("a"), EdgeRig.Amount(Dimension.Cost, 60), budget);

        Assert.Equal(Denial.NotNow, take.Denial);
        var first = _rig.Owner.Requests.Last(r => r.Registers);
        Assert.Equal(2, first.Epoch);
        Assert.Equal([money], first.Reports.Select(r => r.Lease));
        // What is left of the old lease serves until its deadline.
        Assert.True(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(5), rate));
        _rig.Now += _rig.Owner.Lifetime;
        _rig.Owner[rate.Id] = 5;
        Assert.Equal(Denial.None, _rig.Take(_rig.Core.NewHold("c"), EdgeRig.Requests(5), rate).Denial);
    }

    [Fact]
    public void NextPeriod_TakesNothingFromTheLast_AndRefundsDoNotEnterIt()
    {
        (_rig.Owner.Period, _rig.Owner.Lifetime) = (7, TimeSpan.MaxValue);
        var budget = _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Cost, 20), budget));
        _rig.Owner.Period = 8;
        _rig.Pass(TimeSpan.FromSeconds(1.1));

        Assert.Equal(0, budget.Remaining);
        var old = Assert.Single(_rig.Owner.LeasesOf(budget.Id));
        Assert.Equal((30, false), (old.Returned, old.IsClosed));
        hold.Settle(EdgeRig.Amount(Dimension.Cost, 15));
        _rig.Exchange();
        Assert.Equal((15, 35, true), (old.Spent, old.Returned, old.IsClosed));
        Assert.Equal(0, budget.Remaining);
    }

    [Fact]
    public void LeaseThatIsOver_WhileARequestHoldsOfIt_IsNotReportedAgainAndAgain()
    {
        (_rig.Owner.Period, _rig.Owner.Lifetime) = (7, TimeSpan.MaxValue);
        var budget = _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        Assert.True(_rig.TryAdmit(_rig.Core.NewHold("a"), EdgeRig.Amount(Dimension.Cost, 20), budget));
        (_rig.Owner.Period, _rig.Owner.Lifetime) = (8, TimeSpan.Zero);
        _rig.Pass(TimeSpan.FromSeconds(2));
        var requests = _rig.Owner.Requests.Count;
        _rig.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(requests, _rig.Owner.Requests.Count);
    }

    [Fact]
    public void LeaseThatIsOver_IsUsedNoMore_AndAnotherIsOpened()
    {
        var account = _rig.Stocked("limit", 5);
        var first = _rig.Core.View().Accounts[0].Lease;
        _rig.Owner.Lifetime = TimeSpan.Zero;
        Assert.True(_rig.TryAdmit(_rig.Core.NewHold("a"), EdgeRig.Requests(1), account));
        _rig.Pass(TimeSpan.FromSeconds(1.1));
        Assert.False(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(1), account));

        (_rig.Owner.Lifetime, _rig.Owner[account.Id]) = (TimeSpan.FromSeconds(5), 5);
        Assert.Equal(Denial.None, _rig.Take(_rig.Core.NewHold("c"), EdgeRig.Requests(5), account).Denial);
        Assert.True(_rig.Core.View().Accounts[0].Lease > first);
    }

    [Fact]
    public void CloseThatTheLedgerHasNotTakenDown_IsReportedAgain_ButNotAtOnce()
    {
        _rig.Owner.Lifetime = TimeSpan.MaxValue;
        var budget = _rig.Stocked("budget", 50, Dimension.Cost, AccountKind.Budget);
        _rig.Owner.IsMoneyUnheard = true;
        _rig.Pass(TimeSpan.FromSeconds(40));
        Assert.DoesNotContain("closed 1", _rig.Journal.Lines);
        Assert.InRange(_rig.Owner.Requests.Count, 5, 50);
        _rig.Owner.IsMoneyUnheard = false;
        _rig.Pass(TimeSpan.FromSeconds(2));

        Assert.Contains("closed 1", _rig.Journal.Lines);
        Assert.Equal(50, _rig.Owner[budget.Id]);
    }

    [Fact]
    public void SlotsInUse_AreReportedOnToAnOwnerThatAsksToRegister()
    {
        var slots = _rig.Stocked("slots", 3, Dimension.Concurrency, AccountKind.Concurrency);
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Amount(Dimension.Concurrency, 2), slots));
        _rig.Owner.BeginAnew();
        _rig.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal((2, 1), (_rig.Owner.Out(slots.Id), _rig.Owner[slots.Id]));

        hold.Settle(default);
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal((0, 3), (_rig.Owner.Out(slots.Id), _rig.Owner[slots.Id]));
    }

    [Fact]
    public void Last_GivesEverythingBackThatIsNotHeld_AndNothingIsAdmittedAfterwards()
    {
        var (first, second) = (_rig.Stocked("first", 5), _rig.Stocked("second", 7));
        var hold = _rig.Core.NewHold("a");
        Assert.True(_rig.TryAdmit(hold, EdgeRig.Requests(1), second));
        _rig.Core.Stop();
        var last = _rig.Core.Last(EdgeRig.OwnerName, _rig.Now)!;
        _rig.Core.Received(EdgeRig.OwnerName, _rig.Owner.Answer(EdgeRig.OwnerName, last), _rig.Now);

        Assert.True(last.IsLast);
        Assert.Equal((5, 6), (_rig.Owner[first.Id], _rig.Owner[second.Id]));
        Assert.False(_rig.TryAdmit(_rig.Core.NewHold("b"), EdgeRig.Requests(1), first));
        Assert.Equal(Denial.Unavailable, _rig.Take(_rig.Core.NewHold("c"), EdgeRig.Requests(1), first).Denial);
    }

    [Fact]
    public void Want_FollowsDemand()
    {
        var account = _rig.Account("limit", level: 1_000_000);
        for (var i = 0; i < 200; i++)
        {
            var hold = _rig.Core.NewHold("a");
            if (!_rig.TryAdmit(hold, EdgeRig.Requests(10), account)) _rig.Take(hold, EdgeRig.Requests(10), account);
            hold.Settle(EdgeRig.Requests(10));
            _rig.Pass(TimeSpan.FromMilliseconds(10));
        }

        // 1,000 a second, for some seconds ahead: few calls, and no hoard.
        Assert.InRange(account.Remaining, 1_000, 5_000);
        Assert.InRange(_rig.Owner.Requests.Count, 3, 10);
    }

    [Fact]
    public void Visits_OfOneOwnersAccounts_AreOneRequest()
    {
        Account[] accounts = [_rig.Account("a", level: 1_000_000), _rig.Account("b", level: 1_000_000), _rig.Account("c", level: 1_000_000)];
        for (var i = 0; i < 3_000; i++)
        {
            var hold = _rig.Core.NewHold("a");
            if (!_rig.TryAdmit(hold, EdgeRig.Requests(1), accounts)) _rig.Take(hold, EdgeRig.Requests(1), accounts);
            hold.Settle(EdgeRig.Requests(1));
            _rig.Pass(TimeSpan.FromMilliseconds(10));
        }

        // Twenty visits in half a minute, and some until demand is known.
        Assert.InRange(_rig.Owner.Requests.Count, 20, 32);
    }
}
