using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>What is said between edges and owners: twice, late, out of order; and several accounts at once.</summary>
internal static partial class Schedules
{
    private static Action[] Talk() =>
    [
        GrantTwice_IsHadOnce, GrantAfterTheClose_IsNotHad, SameRequestTwice_IsDoneOnce, OldRequest_ChangesNothing, OldEpoch_IsNotHeard, TakeOfSeveral_IsAllOrNothing, OrderOfAccounts_MakesNoDifference,
        DeniedRequests_ChangeNothing, AbandonedTake_LeavesNothing, Recall_IsFollowedOnce, MoreThanTheLimit_IsNever, AccountTwiceInATake_IsCountedTwice, CleanStop_GivesAllBack, UndoneTake_GoesBackToItsLease,
        StaleRequest_DoesNotRegisterAnew, ZeroLimit_Blocks, ExactMode_GivesBackWhatIsToHand, LateAnswer_IsNotThatToThePresentRequest,
    ];

    private static void GrantTwice_IsHadOnce()
    {
        var bench = new Bench(Bucket(refill: 0));
        var edge = bench.Edge();
        edge.Stock(100);
        edge.Core.TryAdmit(edge.Core.NewHold("more"), [edge.Account()], new Amounts { InputTokens = edge.ToHand + 1 }, edge.Now, out _);
        var reply = bench.Ask(edge.Say());
        edge.Hear(reply);
        var once = edge.ToHand;
        edge.Hear(reply);
        edge.FromHand(1)!.Settle(1);
        edge.Core.Visit(edge.Now);
        if (edge.Next() is { } next)
        {
            edge.Hear(reply);
            edge.Hear(reply with { Number = next.Number });
        }

        MustBe(once - 1, edge.ToHand, "To hand after the same answer came again");
    }

    private static void GrantAfterTheClose_IsNotHad()
    {
        var bench = new Bench(Bucket(refill: 100));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(300);
        edge.Core.TryAdmit(edge.Core.NewHold("more"), [edge.Account()], new Amounts { InputTokens = 450 }, edge.Now, out _);
        var reply = bench.Ask(edge.Say());
        edge.Hear(reply);
        edge.Live(5);
        MustBe(0, edge.ToHand, "To hand of an idle edge");
        TakeAll(other, each: 10);
        var hold = edge.Core.NewHold("r");
        edge.Core.QueueTake(hold, [edge.Account()], new Amounts { InputTokens = 400 });
        var next = edge.Say();
        edge.Hear(reply);
        edge.Hear(reply with { Number = next.Number });
        UseUp(edge, each: 10);
        if (hold.Of(Dimension.InputTokens) > 0) edge.Admitted(hold, 400, [bench.Account]);
    }

    private static void SameRequestTwice_IsDoneOnce()
    {
        var bench = new Bench(Bucket(refill: 0));
        var edge = bench.Edge();
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { InputTokens = 100 });
        var request = edge.Say();
        var first = bench.Ask(request);
        var level = bench.View().Level;
        var second = bench.Ask(request);
        MustBe(level, bench.View().Level, "Level after the same request came again");
        MustBe(first.Grants.Sum(g => g.Granted), second.Grants.Sum(g => g.Granted), "Granted in the second answer");
        Must(second.Takes.Single().Denial == Denial.None, "The same take is granted once and denied once");
    }

    private static void OldRequest_ChangesNothing()
    {
        var bench = new Bench(Bucket(refill: 0));
        var edge = bench.Edge();
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { InputTokens = 100 });
        var old = edge.Say();
        edge.Hear(bench.Ask(old));
        edge.Take(100)!.Settle(100);
        edge.Live(2);
        var (level, leased) = (bench.View().Level, bench.View().Out);
        var step = bench.Owner.Begin([old], bench.OwnerNow);
        bench.Owner.End(step, true, bench.OwnerNow);
        MustBe(level + leased, bench.View().Level + bench.View().Out, "Level and what is out after an old request came late");
    }

    private static void OldEpoch_IsNotHeard()
    {
        var bench = new Bench(Bucket(refill: 0));
        var former = bench.Owner;
        var edge = bench.Edge();
        edge.Stock(100);
        bench.NewOwner(mayOthersHold: true);
        edge.Take(1);
        bench.Pass(6);
        edge.Live(1);
        edge.Core.QueueTake(edge.Core.NewHold("r"), [edge.Account()], new Amounts { InputTokens = 10 });
        var request = edge.Say();
        var before = edge.ToHand;
        if (bench.Ask(former, request) is { } late) edge.Hear(late);
        Must(edge.Core.UnderWay(Bench.OwnerName) == request, "An edge takes the word of an owner of a former life");
        MustBe(before, edge.ToHand, "To hand after an owner of a former life has answered");
    }

    // A request of the owner's former life comes seconds late, when the edge has one of the same number under way.
    private static void StaleRequest_DoesNotRegisterAnew()
    {
        var bench = new Bench(Budget(100_000));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(60);
        edge.Core.QueueTake(edge.Core.NewHold("old"), [edge.Account()], new Amounts { Cost = edge.ToHand + 10 });
        var old = edge.Say();
        edge.Hear(bench.Ask(old));
        bench.NewOwner(mayOthersHold: true);
        edge.Live(1);
        var present = old;
        // Were they numbered anew by each life of the owner, there would be two of the same number.
        for (var i = 0; i < 20 && (present.Number < old.Number || present.Epoch == old.Epoch); i++)
        {
            edge.Core.QueueTake(edge.Core.NewHold($"r{i}"), [edge.Account()], new Amounts { Cost = edge.ToHand + 10 });
            present = edge.Say();
            if (present.Number < old.Number) edge.Hear(bench.Ask(present));
        }

        edge.Hear(bench.Ask(old));
        Must(edge.Core.UnderWay(Bench.OwnerName) == present, "An edge takes the answer to a request of a former life for that to its present one");
    }

    private static void TakeOfSeveral_IsAllOrNothing()
    {
        var bench = new Bench(Bucket(refill: 0));
        var narrow = bench.Add("narrow", Bucket(limit: 50, refill: 0));
        var window = bench.Add("window", Window(1000, 1e6));
        var edge = bench.Edge();
        Must(edge.Take(51, bench.Account, window, narrow) is null, "More than the narrowest account has is granted");
        edge.Live(5);
        Must(edge.Take(50, narrow, bench.Account, window) is not null, "What all accounts have is not granted");
        Must(edge.Take(1, bench.Account, window, narrow) is null, "More than the narrowest account has is granted");
        edge.Live(5);
        MustBe(950, TakeAll(bench.Edge(), each: 1, most: 2000), "What is left of the wider account");
    }

    private static void OrderOfAccounts_MakesNoDifference()
    {
        foreach (var isTurned in new[] { false, true })
        {
            var bench = new Bench(Bucket(limit: 40, refill: 1, seconds: 7));
            var small = bench.Add("small", Bucket(limit: 30, refill: 1, seconds: 3));
            AccountId[] ids = isTurned ? [small, bench.Account] : [bench.Account, small];
            var edge = bench.Edge();
            (edge.Take(25, ids) ?? throw new InvariantBroken("What all accounts have is not granted")).Settle(25);
            edge.Live(0.25);
            Must(edge.Take(20, out var take, ids) is null, "More than accounts have is granted");
            MustBe(45, (long)Math.Ceiling(take.Delay.TotalSeconds), "Seconds until both have enough");
            bench.Agenda.RunUntil(bench.Agenda.Now + take.Delay);
            Must(edge.Take(20, ids) is not null, "What was to be there after the delay is not");
        }
    }

    private static void DeniedRequests_ChangeNothing()
    {
        var bench = new Bench(Bucket(refill: 0));
        var narrow = bench.Add("narrow", Bucket(limit: 5, refill: 0));
        var money = bench.Add("money", Budget(1000));
        var edge = bench.Edge();
        edge.Stock(100);
        TakeAll(edge, each: 1, most: 10);
        edge.Take(5, narrow)!.Settle(5);
        var accounts = new[] { bench.Account, money, narrow }.Select(i => edge.Account(i)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            var hold = edge.Core.NewHold($"denied{i}");
            var units = new Amounts { InputTokens = 3, Cost = 7 };
            Must(!edge.Core.TryAdmit(hold, accounts, units, edge.Now, out _), "A request goes through without units");
            var take = edge.Core.QueueTake(hold, accounts, units);
            edge.Talk();
            Must(take is { IsEnded: true, Denial: Denial.NotNow } && take.Binding?.Id == narrow, $"A take is answered with {take.Denial} for {take.Binding?.Id}");
            hold.Cancel();
        }

        edge.Live(45);
        MustBe(990, bench.View().Level, "What is left of the widest account");
        MustBe(1000, bench.Ledger.Accounts.Where(a => a.Account == money).Select(a => a.Available).DefaultIfEmpty(1000).Single(), "Money available");
    }

    private static void AbandonedTake_LeavesNothing()
    {
        foreach (var spec in new[] { Bucket(limit: 10, refill: 0), Budget(10) })
        {
            var bench = new Bench(spec);
            var edge = bench.Edge();
            var hold = edge.Core.NewHold("gone");
            var take = edge.Core.QueueTake(hold, [edge.Account()], BenchEdge.AmountOf(edge.Account(), 10));
            var reply = bench.Ask(edge.Say());
            edge.Core.Abandon(Bench.OwnerName, take);
            hold.Cancel();
            edge.Hear(reply);
            edge.Live(40);
            Must(bench.Edge().Take(10) is not null, $"What nobody waits for any more is not there for others ({spec.Kind})");
        }
    }

    // The edge gives back what it was asked for, and not again when the same answer comes twice.
    private static void Recall_IsFollowedOnce()
    {
        var bench = new Bench(Bucket(limit: 1000, refill: 0));
        var (rich, poor) = (bench.Edge(), bench.Edge());
        rich.Stock(500);
        var had = rich.ToHand;
        for (var i = 0; i < 12; i++)
        {
            TakeAll(poor, each: 40, most: 40);
            if (i % 3 == 0) rich.FromHand(1)?.Settle(1);
            rich.Live(0.25);
            poor.Live(0.25);
        }

        Must(had > 0, "An edge that wants units in advance gets none");
        for (var i = 0; i < 20; i++)
        {
            rich.Live(0.25);
            poor.Live(0.25);
        }

        MustBe(1000, bench.Oracle(bench.Account).Used + bench.View().Level, "Used and left together");
        MustBe(1000 - bench.Oracle(bench.Account).Used, TakeAll(poor), "What the poor can take of what is left");
    }

    private static void MoreThanTheLimit_IsNever()
    {
        foreach (var spec in new[] { Bucket(limit: 10), Window(10, 100), Sliding(10, 100), Slots(10), Budget(10) })
        {
            var bench = new Bench(spec);
            Must(bench.Edge().Take(11, out var take) is null, $"A {spec.Kind} of 10 gives 11");
            Must(take.Denial is Denial.Never or Denial.Exhausted, $"11 of a {spec.Kind} of 10 is refused with {take.Denial}");
        }
    }

    private static void AccountTwiceInATake_IsCountedTwice()
    {
        var bench = new Bench(Bucket(limit: 10, refill: 0));
        var edge = bench.Edge();
        var account = edge.Account();
        edge.Core.QueueTake(edge.Core.NewHold("twice"), [account, account], new Amounts { InputTokens = 6 });
        edge.Talk();
        Must(bench.View().Level >= 0 && bench.View().Out <= 10, $"{bench.View().Out} of 10 are out");
    }

    private static void CleanStop_GivesAllBack()
    {
        foreach (var spec in new[] { Bucket(refill: 0), Budget(1000), Window(1000, 1e6) })
        {
            var bench = new Bench(spec);
            var edge = bench.Edge();
            edge.Take(10)!.Settle(10);
            edge.Stock(10);
            edge.Core.Stop();
            for (var i = 0; i < 3 && edge.Core.Last(Bench.OwnerName, edge.Now) is { } last; i++) edge.Hear(bench.Ask(last));
            Must(bench.Edge().Take(990) is not null, $"What an edge had when it stopped is not there for others ({spec.Kind})");
        }
    }

    private static void UndoneTake_GoesBackToItsLease()
    {
        var bench = new Bench(Budget(100_000));
        var narrow = bench.Add("narrow", Bucket(limit: 5, refill: 0));
        var edge = bench.Edge();
        edge.Take(100)!.Settle(100);
        edge.Stock(500);
        var before = edge.ToHand;
        var hold = edge.Core.NewHold("r");
        var accounts = new[] { edge.Account(), edge.Account(narrow) };
        Must(!edge.Core.TryAdmit(hold, accounts, new Amounts { Cost = 50, InputTokens = 6 }, edge.Now, out var wanting) && wanting == accounts[1], "A request goes through without units");
        MustBe(before, edge.ToHand, "To hand after a take was undone");
        hold.Cancel();
        edge.Live(45);
        MustBe(99_900, bench.Row.Available, "Available");
    }

    private static void ZeroLimit_Blocks()
    {
        foreach (var spec in new[] { Bucket(limit: 0), Window(0, 10), Sliding(0, 10), Slots(0), Budget(0) })
        {
            var bench = new Bench(spec);
            bench.Pass(30);
            Must(bench.Edge().Take(1) is null, $"A {spec.Kind} of nothing gives something");
        }
    }

    private static void ExactMode_GivesBackWhatIsToHand()
    {
        var bench = new Bench(Bucket(limit: 100, refill: 0));
        var edges = Enumerable.Range(0, 5).Select(_ => bench.Edge()).ToArray();
        foreach (var edge in edges) edge.Stock(10);
        var taken = 0L;
        for (var i = 0; i < 200; i++)
        {
            taken += TakeAll(edges[i % 5], most: 1);
            edges[i % 5].Live(0.25);
            edges[(i + 1) % 5].Live(0.25);
        }

        MustBe(100, taken, "What five edges can take of 100 units");
    }

    // The present request never arrives: the owner knows nothing of a renewal.
    private static void LateAnswer_IsNotThatToThePresentRequest()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(200);
        edge.FromHand(1)!.Settle(1);
        edge.Core.Visit(edge.Now);
        var earlier = bench.Ask(edge.Say());
        edge.Hear(earlier);
        bench.Pass(1.9);
        edge.FromHand(1)!.Settle(1);
        edge.Core.Visit(edge.Now);
        Must(edge.Next() is not null, "What was spent is not reported");
        edge.Hear(earlier);
        bench.Pass(3.6);
        TakeAll(other, each: 100, most: 1000);
        UseUp(edge, each: 50);
    }
}
