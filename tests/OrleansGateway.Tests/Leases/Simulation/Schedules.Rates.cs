using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Rates: deadlines, expiry, what comes back, new owners.</summary>
internal static partial class Schedules
{
    private static Action[] Rates() =>
    [
        LeaseIsOverAtTheEdgeFirst_WhenClocksDrift, LeaseIsOverAtTheEdgeFirst_WhenTheAnswerWasLate, NothingIsUsed_WhenTheProcessStoodStillPastTheDeadline, LeasedUnits_AreNotRefilled,
        UnusedUnits_ComeBack, ExpiredUnits_AreBurned, ReportAfterExpiry_ChangesNothing, NewOwner_StartsEmptyAndWaitsForOldLeases, RestartedOwner_DoesNotRefill, LastUnit_CanBeTaken, Delay_IsTruthful,
        ManySmallRefills_LoseNothing, LimitChanges_ForgetNoUse, Reserve_IsKeptForItsPriority, ShapedTakes_KeepTheRate, LateReturn_GoesToItsOwnLease, Hoard_IsBounded, LastUnits_ComeFromAnEdgeThatUsesFew,
    ];

    // The owner's clock is fast, the edge's slow: 5 s by the edge end 5 ms later than by the owner. The bucket is whole within one.
    private static void LeaseIsOverAtTheEdgeFirst_WhenClocksDrift()
    {
        var bench = new Bench(Bucket(limit: 1000, refill: 1_000_000), driftPpm: 500);
        var (slow, other) = (bench.Edge(driftPpm: -500), bench.Edge());
        slow.Stock(200);
        Must(slow.ToHand >= 100, "An edge that wants units in advance gets none");
        bench.Pass(4.9970);
        Must(other.Take(1000) is null, "What an edge has is given to another");
        bench.Pass(0.0020);
        Must(other.Take(1000) is not null, "What an edge had is not there when its lease is over");
        UseUp(slow, each: 50);
    }

    private static void LeaseIsOverAtTheEdgeFirst_WhenTheAnswerWasLate()
    {
        var bench = new Bench(Bucket(refill: 10_000));
        var (far, other) = (bench.Edge(), bench.Edge());
        far.Stock(100);
        far.FromHand(1)!.Settle(1);
        far.Core.TryAdmit(far.Core.NewHold("more"), [far.Account()], new Amounts { InputTokens = 400 }, far.Now, out _);
        var request = far.Say();
        var reply = bench.Ask(request);
        bench.Pass(4.5);
        far.Hear(reply);
        bench.Pass(1);
        var used = TakeAll(other, each: 100, most: 900);
        MustBe(900, used, "What is left after a lease's end");
        UseUp(far, each: 50);
    }

    private static void NothingIsUsed_WhenTheProcessStoodStillPastTheDeadline()
    {
        var bench = new Bench(Bucket());
        var edge = bench.Edge();
        edge.Stock(100);
        var hold = edge.Core.NewHold("paused");
        Must(edge.Core.TryAdmit(hold, [edge.Account()], new Amounts { InputTokens = 50 }, edge.Now, out _), "What is to hand cannot be taken");
        bench.Pass(6);
        Must(!hold.Confirm(edge.Now), "A request goes through with units whose lease is over");
        MustBe(0, hold.Of(Dimension.InputTokens), "What such a request holds");
    }

    private static void LeasedUnits_AreNotRefilled()
    {
        var bench = new Bench(Bucket(limit: 1000, refill: 1000));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(400);
        bench.Pass(4);
        TakeAll(other, each: 10);
        UseUp(edge, each: 10);
    }

    private static void UnusedUnits_ComeBack()
    {
        var bench = new Bench(Bucket(refill: 0));
        var edge = bench.Edge();
        edge.Stock(200);
        Must(edge.ToHand > 0, "An edge that wants units in advance gets none");
        edge.Live(5);
        MustBe(0, edge.ToHand, "To hand of an idle edge");
        Must(bench.Edge().Take(1000) is not null, "What an edge gave back cannot be taken elsewhere");
    }

    private static void ExpiredUnits_AreBurned()
    {
        var bench = new Bench(Bucket(refill: 1));
        var edge = bench.Edge();
        edge.Stock(200);
        var lost = edge.ToHand;
        UseUp(edge, each: 10);
        Must(lost > 50, "An edge that wants units in advance gets none");
        // It dies, and nobody heard that it had used them all.
        bench.Pass(6);
        Must(bench.Edge().Take(1000) is null, "What a dead edge had is credited");
    }

    private static void ReportAfterExpiry_ChangesNothing()
    {
        var bench = new Bench(Bucket(refill: 50));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(400);
        var request = Report(edge, bench, returned: edge.ToHand, isFinal: true);
        bench.Pass(6);
        bench.Sweep();
        bench.Ask(request);
        bench.Pass(12);
        TakeAll(other, each: 10);
        TakeAll(bench.Edge(), each: 10);
        Must(bench.View().Level + bench.View().Out <= 1000, "Level and what is out are more than the limit");
        MustBe(0, bench.View().Level / 100, "What is left of a bucket that was emptied, in hundreds");
    }

    private static void NewOwner_StartsEmptyAndWaitsForOldLeases()
    {
        var bench = new Bench(Bucket(refill: 200));
        var edge = bench.Edge();
        edge.Stock(400);
        bench.NewOwner(mayOthersHold: true);
        bench.Pass(3);
        TakeAll(bench.Edge(), each: 10);
        UseUp(edge, each: 10);
        bench.Pass(20);
        Must(bench.Edge().Take(1000) is not null, "A bucket is not whole again after a change of owners");
    }

    private static void RestartedOwner_DoesNotRefill()
    {
        var bench = new Bench(Bucket(refill: 10));
        TakeAll(bench.Edge(), each: 10);
        bench.NewOwner(mayOthersHold: false);
        TakeAll(bench.Edge(), each: 10);
    }

    private static void LastUnit_CanBeTaken()
    {
        foreach (var spec in new[] { Bucket(limit: 7, refill: 0), Window(7, 1e6), Sliding(7, 1000), Budget(7) })
        {
            var bench = new Bench(spec);
            var (one, two) = (bench.Edge(), bench.Edge());
            var taken = 0L;
            for (var i = 0; i < 20; i++) taken += TakeAll(i % 2 == 0 ? one : two, most: 1);
            MustBe(7, taken, $"Units taken of a {spec.Kind} of 7");
        }
    }

    private static void Delay_IsTruthful()
    {
        foreach (var spec in new[] { Bucket(limit: 100, refill: 7, seconds: 3), Window(100, 13), Sliding(100, 11) })
        {
            var bench = new Bench(spec);
            var edge = bench.Edge();
            bench.Pass(1.234567);
            TakeAll(edge, each: 20);
            bench.Pass(0.7654321);
            TakeAll(edge, each: 3);
            Must(edge.Take(30, out var take) is null, $"A {spec.Kind} has too much");
            Must(take.Denial == Denial.NotNow && take.Delay > TimeSpan.Zero, $"A {spec.Kind} says {take.Denial} and {take.Delay}");
            bench.Pass(take.Delay.TotalSeconds * 0.9);
            Must(edge.Take(30) is null || spec.Kind == AccountKind.SlidingWindow, $"A {spec.Kind} said too long a time");
            bench.Agenda.RunUntil(bench.Agenda.Now + (take.Delay * 0.1) + TimeSpan.FromTicks(2));
            Must(edge.Take(30) is not null, $"A {spec.Kind} said too short a time");
        }
    }

    private static void ManySmallRefills_LoseNothing()
    {
        var bench = new Bench(Bucket(limit: 1000, refill: 7, seconds: 10));
        var edge = bench.Edge();
        TakeAll(edge, each: 10);
        for (var i = 0; i < 10_000; i++)
        {
            bench.Pass(0.01);
            Must(edge.Take(1000) is null, "A bucket fills too fast");
        }

        MustBe(70, TakeAll(edge), "Units that came back in 100 s");
    }

    private static void LimitChanges_ForgetNoUse()
    {
        foreach (var spec in new[] { Bucket(refill: 1), Window(1000, 1000), Sliding(1000, 1000), Budget(1000) })
        {
            var bench = new Bench(spec);
            var edge = bench.Edge();
            TakeAll(edge, each: 10);
            foreach (var limit in new long[] { 1200, 400, 1000, 1000 })
            {
                bench.Change(bench.Account, spec with { Limit = limit });
                TakeAll(edge, each: 10);
            }
        }
    }

    private static void Reserve_IsKeptForItsPriority()
    {
        var bench = new Bench(Bucket(limit: 100, refill: 0) with { Floors = [0, 0, 300] });
        var edge = bench.Edge();
        Must(edge.Take(71) is null, "A request takes what is kept for others");
        Must(edge.Take(40) is not null, "What is not kept for others cannot be taken");
        Must(edge.Take(31) is null, "A request takes what is kept for others, in two steps");
        Must(edge.Take(30) is not null, "What is not kept for others cannot be taken");
        var hold = edge.Core.NewHold("high");
        var take = edge.Core.QueueTake(hold, [edge.Account()], new Amounts { InputTokens = 30 }, priority: 2);
        edge.Talk();
        Must(take is { IsEnded: true, Denial: Denial.None }, "What is kept for a priority cannot be taken by it");
    }

    private static void ShapedTakes_KeepTheRate()
    {
        var bench = new Bench(Bucket(limit: 10, refill: 10));
        var edge = bench.Edge();
        var until = TimeSpan.Zero;
        for (var i = 0; i < 60; i++)
        {
            var hold = edge.Core.NewHold($"shaped{i}");
            var take = edge.Core.QueueTake(hold, [edge.Account()], new Amounts { InputTokens = 1 }, waitMax: TimeSpan.FromSeconds(3));
            edge.Talk();
            Must(take.IsEnded, "A take is not answered");
            if (take.Denial != Denial.None) continue;
            var release = bench.Agenda.Now + take.Delay;
            until = release > until ? release : until;
            if (take.Delay == TimeSpan.Zero) edge.Admitted(hold, 1, [bench.Account]).Settle(1);
            else bench.Agenda.At(release, () => edge.Admitted(hold, 1, [bench.Account]).Settle(1));
        }

        Must(until > TimeSpan.FromSeconds(2) && until <= TimeSpan.FromSeconds(3.1), $"The last of the shaped requests goes after {until}");
        bench.Pass(5);
        bench.Oracle(bench.Account).AtTheEnd();
        MustBe(40, bench.Oracle(bench.Account).Used, "Requests that were let through at 10 and 10 a second for 3 s");
    }

    // The first lease is over while the hold lasts; the account has another one by then.
    private static void LateReturn_GoesToItsOwnLease()
    {
        var bench = new Bench(Bucket(refill: 200));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(400);
        var hold = edge.FromHand(100)!;
        bench.Pass(7);
        edge.Stock(100);
        var before = edge.ToHand;
        hold.Settle(0);
        MustBe(before, edge.ToHand, "To hand after something came back to a lease that is over");
        TakeAll(edge, each: 10);
        TakeAll(other, each: 10);
    }

    private static void Hoard_IsBounded()
    {
        var bench = new Bench(Bucket(refill: 0));
        for (var i = 0; i < 8; i++)
        {
            var edge = bench.Edge();
            var report = new LeaseReport(bench.Account, 1, 0, 0, Want: 1000, TypicalHold: 1, IsFinal: false);
            for (var number = 1; number < 4; number++) bench.Ask(new LeaseRequest { Session = edge.Session, Number = number, Epoch = bench.Epoch, Registers = number == 1, Reports = [report] });
        }

        Must(bench.View().Out <= 500, $"{bench.View().Out} of 1000 are out in advance");
    }

    /// <summary>What the edge would say if it had given so much back.</summary>
    private static LeaseRequest Report(BenchEdge edge, Bench bench, long returned, bool isFinal)
    {
        var holder = bench.View().Holders.Single(h => h.Session == edge.Session);
        return new LeaseRequest
        {
            Session = edge.Session, Number = edge.Said + 1, Epoch = bench.Epoch,
            Reports = [new LeaseReport(bench.Account, holder.Lease, holder.Spent, holder.Returned + returned, 0, 1, isFinal)],
        };
    }

    // It is never idle, and has no more than its share: nothing but the end of advances makes it give back.
    private static void LastUnits_ComeFromAnEdgeThatUsesFew()
    {
        var bench = new Bench(Bucket(limit: 200, refill: 0));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(40);
        Must(Leased(edge) >= 10, "An edge that wants units in advance gets none");
        var taken = 0L;
        for (var i = 0; i < 40; i++)
        {
            taken += TakeAll(edge, each: 1, most: 1) + TakeAll(other, each: 8, most: 8);
            edge.Live(0.5);
        }

        Must(taken > 190, $"Of 200 units {taken} can be taken by one that wants many beside one that wants few");
    }
}
