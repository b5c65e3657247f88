using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Owners;

/// <summary>Windows that begin when they are first used.</summary>
public sealed class FirstUseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Take_FromFirstUse_HasTheLimitOnceInEachWindow(int minutes)
    {
        var length = TimeSpan.FromMinutes(minutes);
        var bench = new OwnerBench(accounts: ("r", Window(length)));
        Assert.Equal(3, TakeAll(bench));
        bench.Advance(length - TimeSpan.FromSeconds(1));
        Assert.Equal(0, TakeAll(bench));
        // Idle for a while: the next window begins with the next use, and is as long.
        bench.Advance(length * 1.5);
        Assert.Equal(3, TakeAll(bench));
        bench.Advance(length * 0.9);
        Assert.Equal(0, TakeAll(bench));
        bench.Advance(length * 0.2);
        Assert.Equal(3, TakeAll(bench));
    }

    [Fact]
    public void Take_AfterACrash_WaitsUntilTheWindowBeforeItIsOverForCertain()
    {
        var bench = new OwnerBench(new OwnerSettings { EmptyAt = TimeSpan.FromHours(1) }, accounts: ("r", Window(TimeSpan.FromMinutes(1))));
        bench.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, TakeAll(bench));
        bench.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(3, TakeAll(bench));
    }

    private static AccountSpec Window(TimeSpan length) => new() { Kind = AccountKind.FixedWindow, Dimension = Dimension.Requests, Limit = 3, Time = length };

    /// <summary>How many requests of ten get through now, from an edge of its own.</summary>
    private static int TakeAll(OwnerBench bench)
    {
        var edge = new BenchEdge(bench);
        var taken = 0;
        for (var i = 0; i < 10; i++)
        {
            if (edge.Take(1, "r").Denial != Denial.None) continue;
            taken++;
            edge.Spend("r", 1);
            edge.Send();
        }

        return taken;
    }
}
