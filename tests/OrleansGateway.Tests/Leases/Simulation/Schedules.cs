using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Directed schedules: what random search rarely meets. Each throws if the protocol does wrong in it.</summary>
internal static partial class Schedules
{
    public static IReadOnlyDictionary<string, Action> All { get; } = new Action[][] { Rates(), Windows(), Money(), Deaths(), Talk(), Pauses() }
        .SelectMany(a => a).ToDictionary(a => a.Method.Name);

    private static AccountSpec Bucket(long limit = 1000, long refill = 100, double seconds = 1) =>
        new() { Kind = AccountKind.Bucket, Dimension = Dimension.InputTokens, Limit = limit, Refill = refill, Time = TimeSpan.FromSeconds(seconds) };

    private static AccountSpec Window(long limit, double seconds) =>
        new() { Kind = AccountKind.FixedWindow, Dimension = Dimension.InputTokens, Limit = limit, Periods = new EvenPeriods(TimeSpan.FromSeconds(seconds)) };

    private static AccountSpec Sliding(long limit, double seconds) =>
        new() { Kind = AccountKind.SlidingWindow, Dimension = Dimension.InputTokens, Limit = limit, Time = TimeSpan.FromSeconds(seconds) };

    private static AccountSpec Slots(long limit) => new() { Kind = AccountKind.Concurrency, Dimension = Dimension.Concurrency, Limit = limit };

    private static AccountSpec Budget(long limit) => new() { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = limit };

    private static void Must(bool isSo, string what)
    {
        if (!isSo) throw new InvariantBroken(what);
    }

    private static void MustBe(long expected, long found, string what)
    {
        if (expected != found) throw new InvariantBroken($"{what} should be {expected}, and is {found}");
    }

    /// <summary>Takes from an edge all that it lets through: from what is to hand, and by asking.</summary>
    private static long TakeAll(BenchEdge edge, long each = 1, long most = 5_000)
    {
        var taken = 0L;
        while (taken < most && (edge.FromHand(each) ?? edge.Take(each)) is { } hold)
        {
            hold.Settle(each);
            taken += each;
        }

        return taken;
    }

    /// <summary>Uses up what an edge has to hand.</summary>
    private static void UseUp(BenchEdge edge, long each)
    {
        for (var hold = edge.FromHand(each); hold is not null; hold = edge.FromHand(each)) hold.Settle(each);
    }
}
