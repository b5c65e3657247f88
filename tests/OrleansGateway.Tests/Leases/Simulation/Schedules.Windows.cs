using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Windows and slots.</summary>
internal static partial class Schedules
{
    private static Action[] Windows() =>
    [
        Refund_DoesNotEnterTheNextWindow, Lease_DoesNotOutliveItsWindow, Window_IsWholeAtItsStart, LateGrant_IsNotOfTheNextWindow, WindowAfterCrash_IsNeverUsedTwice,
        SlidingWindow_HoldsAtEveryInstant, SlidingWindow_CountsFromWhenItMayBeUsed, Slots_ComeBack, SlotsOfTheDead_ComeBackWithTheLease, SlotsInUse_OutliveTheirLease,
        SlotsInUse_OutliveTheirOwner, ExpiredUnits_StayUsedInTheirWindow,
    ];

    private static void Refund_DoesNotEnterTheNextWindow()
    {
        var bench = new Bench(Window(1000, 10));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(400);
        var hold = edge.FromHand(100)!;
        bench.Pass(10 - Phase(bench, 10) + 0.001);
        edge.Stock(200);
        hold.Settle(0);
        for (var i = 0; i < 3; i++)
        {
            TakeAll(edge, each: 10);
            edge.Live(1);
            TakeAll(other, each: 10);
        }
    }

    private static void Lease_DoesNotOutliveItsWindow()
    {
        var bench = new Bench(Window(1000, 10));
        var (edge, other) = (bench.Edge(), bench.Edge());
        bench.Pass(10 - Phase(bench, 10) - 1);
        edge.Stock(400);
        Must(edge.ToHand > 0, "An edge that wants units in advance gets none");
        bench.Pass(1.01);
        MustBe(1000, TakeAll(other, each: 10), "What a new window has");
        UseUp(edge, each: 10);
    }

    private static void Window_IsWholeAtItsStart()
    {
        var bench = new Bench(Window(500, 10));
        var edge = bench.Edge();
        for (var i = 0; i < 5; i++)
        {
            MustBe(500, TakeAll(edge, each: 5), "What a window has");
            Must(edge.Take(1, out var take) is null, "A window has more than its limit");
            bench.Agenda.RunUntil(bench.Agenda.Now + take.Delay);
        }
    }

    // The owner answers before the window's end; the edge hears it after.
    private static void LateGrant_IsNotOfTheNextWindow()
    {
        var bench = new Bench(Window(1000, 10));
        var (edge, other) = (bench.Edge(), bench.Edge());
        bench.Pass(10 - Phase(bench, 10) - 0.1);
        edge.Stock(1);
        edge.Core.TryAdmit(edge.Core.NewHold("more"), [edge.Account()], new Amounts { InputTokens = 400 }, edge.Now, out _);
        var hold = edge.Core.NewHold("late");
        var take = edge.Core.QueueTake(hold, [edge.Account()], new Amounts { InputTokens = 300 });
        var reply = bench.Ask(edge.Say());
        bench.Pass(0.2);
        edge.Hear(reply);
        if (take.Denial == Denial.None && hold.Confirm(edge.Now)) edge.Admitted(hold, 300, [bench.Account]);
        UseUp(edge, each: 10);
        MustBe(1000, TakeAll(other, each: 10), "What a new window has");
    }

    private static void WindowAfterCrash_IsNeverUsedTwice()
    {
        var bench = new Bench(Window(100, 10));
        bench.Pass(10 - Phase(bench, 10) + 1);
        MustBe(100, TakeAll(bench.Edge(), each: 10), "What a window has");
        bench.NewOwner(mayOthersHold: true);
        TakeAll(bench.Edge(), each: 10);
        bench.Pass(21);
        MustBe(100, TakeAll(bench.Edge(), each: 10), "What a window has that began long after the crash");
    }

    private static void SlidingWindow_HoldsAtEveryInstant()
    {
        var bench = new Bench(Sliding(50, 10));
        var (one, two) = (bench.Edge(), bench.Edge());
        for (var i = 0; i < 400; i++)
        {
            bench.Pass(0.1 + (0.037 * (i % 5)));
            TakeAll(i % 2 == 0 ? one : two, each: 1 + (i % 3), most: 6);
        }

        Must(bench.Oracle(bench.Account).Used > 50 * 5, "A sliding window lets too little through");
    }

    // Granted at once, used at the lease's end: it counts for a window from then on.
    private static void SlidingWindow_CountsFromWhenItMayBeUsed()
    {
        var bench = new Bench(Sliding(100, 10));
        var (edge, other) = (bench.Edge(), bench.Edge());
        edge.Stock(40);
        var stocked = edge.ToHand;
        bench.Pass(4.9);
        UseUp(edge, each: 1);
        bench.Pass(5.5);
        TakeAll(other);
        bench.Pass(4);
        TakeAll(other);
        Must(stocked > 0, "An edge that wants units in advance gets none");
    }

    private static void Slots_ComeBack()
    {
        var bench = new Bench(Slots(5));
        var (one, two) = (bench.Edge(), bench.Edge());
        for (var i = 0; i < 20; i++)
        {
            var holds = Enumerable.Range(0, 5).Select(n => (n % 2 == 0 ? one : two).Take(1)).ToArray();
            Must(holds.All(h => h is not null), $"Only {holds.Count(h => h is not null)} of 5 slots can be had, the {i + 1}th time");
            Must(one.Take(1) is null, "More slots than there are can be had");
            foreach (var hold in holds) hold!.Settle(i % 2);
            one.Live(0.5);
            two.Live(0.5);
        }
    }

    private static void SlotsOfTheDead_ComeBackWithTheLease()
    {
        var bench = new Bench(Slots(5));
        var (dead, other) = (bench.Edge(), bench.Edge());
        for (var i = 0; i < 5; i++) dead.Take(1);
        bench.Pass(4.9);
        Must(other.Take(1) is null, "A slot is given to two");
        foreach (var charge in Enumerable.Range(0, 1)) ((SlotOracle)bench.Oracle(bench.Account)).CutOff(charge);
        bench.Pass(0.2);
        for (var i = 0; i < 5; i++) Must(other.Take(1) is not null, "A slot of a dead edge does not come back");
    }

    private static void SlotsInUse_OutliveTheirLease()
    {
        var bench = new Bench(Slots(5));
        var (edge, other) = (bench.Edge(), bench.Edge());
        var holds = Enumerable.Range(0, 5).Select(_ => edge.Take(1)!).ToArray();
        for (var i = 0; i < 10; i++)
        {
            edge.Live(2);
            Must(other.Take(1) is null, "A slot in use is given to another");
        }

        foreach (var hold in holds) hold.Settle(1);
        edge.Live(1);
        Must(other.Take(5) is not null, "Slots do not come back after long use");
    }

    private static void SlotsInUse_OutliveTheirOwner()
    {
        var bench = new Bench(Slots(5));
        var (edge, other) = (bench.Edge(), bench.Edge());
        for (var i = 0; i < 5; i++) Must(edge.Take(1) is not null, "A slot cannot be had");
        bench.NewOwner(mayOthersHold: true);
        Must(other.Take(1) is null, "A new owner gives slots that it knows nothing of");
        for (var i = 0; i < 10; i++)
        {
            edge.Live(1);
            Must(other.Take(1) is null, "A slot in use is given to another by a new owner");
        }
    }

    private static void ExpiredUnits_StayUsedInTheirWindow()
    {
        var bench = new Bench(Window(1000, 100));
        bench.Pass(100 - Phase(bench, 100) + 1);
        var edge = bench.Edge();
        edge.Stock(400);
        UseUp(edge, each: 10);
        // It dies, and nobody heard that it had used them.
        bench.Pass(6);
        TakeAll(bench.Edge(), each: 10);
        Must(bench.Oracle(bench.Account).Used > 400, "An edge that wants units in advance gets none");
    }

    private static double Phase(Bench bench, double seconds) => bench.Clock.Utc.UtcTicks % TimeSpan.FromSeconds(seconds).Ticks / (double)TimeSpan.TicksPerSecond;
}
