using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class WindowAccountTests
{
    [Fact]
    public void FixedWindow_OfFive_GrantsFiveInEach()
    {
        var bench = new OwnerBench(accounts: ("r", Window(5)));
        var edges = Enumerable.Range(0, 16).Select(_ => new BenchEdge(bench)).ToArray();
        for (var window = 0; window < 5; window++)
        {
            var granted = 0;
            foreach (var edge in edges)
            {
                var result = edge.Take(1, "r");
                if (result.Denial == Denial.None) granted++;
                else Assert.Equal((Denial.NotNow, TimeSpan.FromSeconds(60)), (result.Denial, result.Delay));
                edge.Spend("r", edge["r"].ToHand);
            }

            foreach (var edge in edges) edge.Close("r");
            Assert.Equal(5, granted);
            bench.Advance(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public void FixedWindow_LeaseWithUnitsOutAtItsEnd_IsOver()
    {
        var bench = new OwnerBench(accounts: ("r", Window(5)));
        var edge = new BenchEdge(bench);
        bench.Advance(TimeSpan.FromSeconds(58));
        edge.Take(3, "r");
        Assert.Equal(TimeSpan.FromSeconds(2), edge["r"].Grant.Lifetime);
        bench.Advance(TimeSpan.FromSeconds(2));
        edge.GiveBack("r", 3);
        edge.Send();
        Assert.Equal(TimeSpan.Zero, edge["r"].Grant.Lifetime);
        Assert.Equal(5, bench.View("r").Level);
        edge.Close("r");
        Assert.Equal(Denial.None, edge.Take(5, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
    }

    [Fact]
    public void FixedWindow_AfterACrash_StaysClosedUntilItEnds()
    {
        var bench = new OwnerBench(new OwnerSettings { EmptyAt = TimeSpan.FromHours(1) }, accounts: ("r", Window(5)));
        var edge = new BenchEdge(bench);
        var denied = edge.Take(1, "r");
        Assert.Equal((Denial.NotNow, TimeSpan.FromSeconds(60)), (denied.Denial, denied.Delay));
        bench.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(Denial.None, edge.Take(5, "r").Denial);
    }

    [Fact]
    public void FixedWindow_WhoseLengthChanges_KeepsWhatWasUsed()
    {
        var bench = new OwnerBench(accounts: ("r", Window(5)));
        var edge = new BenchEdge(bench);
        edge.Take(4, "r");
        edge.Spend("r", 4);
        edge.Send();
        bench["r"] = Window(5, seconds: 300);
        bench.Core.SpecsChanged(bench.Now);
        Assert.Equal(Denial.NotNow, edge.Take(2, "r").Denial);
        bench["r"] = Window(8, seconds: 300);
        bench.Core.SpecsChanged(bench.Now);
        Assert.Equal(Denial.None, edge.Take(4, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
        bench["r"] = Window(2, seconds: 300);
        bench.Core.SpecsChanged(bench.Now);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 600)]
    [InlineData(3, 5000)]
    public void SlidingWindow_OverAnyHistory_NeverGrantsMoreInAnyWindow(int seed, int limit)
    {
        var random = new Random(seed);
        var bench = new OwnerBench(accounts: ("r", Sliding(limit)));
        var edges = Enumerable.Range(0, 3).Select(_ => new BenchEdge(bench)).ToArray();
        var used = new List<(TimeSpan At, long Units)>();
        for (var step = 0; step < 2000; step++)
        {
            bench.Advance(TimeSpan.FromMilliseconds(random.Next(4000)));
            var edge = edges[random.Next(edges.Length)];
            if (edge["r"].Granted > 0 && (edge["r"].Grant.Lifetime == TimeSpan.Zero || random.Next(30) == 0)) edge.Close("r");
            if (edge.Take(random.Next(1, (limit / 3) + 1), "r").Denial != Denial.None) continue;
            var units = random.NextInt64(edge["r"].ToHand + 1);
            used.Add((bench.Now.Monotonic, units));
            edge.Spend("r", units);
            if (random.Next(2) == 0) edge.GiveBack("r", edge["r"].ToHand);
            used.RemoveAll(u => u.At + TimeSpan.FromSeconds(60) <= bench.Now.Monotonic);
            Assert.True(used.Sum(u => u.Units) <= limit, $"step {step}");
        }
    }

    [Fact]
    public void SlidingWindow_OfFew_IsUsedToTheLast()
    {
        var bench = new OwnerBench(accounts: ("r", Sliding(3)));
        var edge = new BenchEdge(bench);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Denial.None, edge.Take(1, "r").Denial);
            edge.Spend("r", 1);
            edge.Send();
            bench.Advance(TimeSpan.FromSeconds(10));
        }

        for (var i = 0; i < 3; i++)
        {
            var denied = edge.Take(1, "r");
            Assert.Equal((Denial.NotNow, TimeSpan.FromSeconds(i == 0 ? 30 : 10)), (denied.Denial, denied.Delay));
            bench.Advance(denied.Delay - TimeSpan.FromMilliseconds(1));
            Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
            bench.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(Denial.None, edge.Take(1, "r").Denial);
            edge.Spend("r", 1);
            edge.Send();
        }
    }

    [Fact]
    public void Slots_OfAnEdgeThatIsGone_ComeBackAfterItsLifetime()
    {
        var bench = new OwnerBench(accounts: ("r", Slots(2)));
        var (dead, edge) = (new BenchEdge(bench), new BenchEdge(bench));
        dead.Take(2, "r");
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
        bench.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Denial.None, edge.Take(2, "r").Denial);
        edge.GiveBack("r", 1);
        Assert.Equal(Denial.None, edge.Take(1, "r").Denial);
    }

    [Fact]
    public void LongWindow_SurvivesACrash()
    {
        var bench = new OwnerBench(new OwnerSettings(), accounts: ("r", Window(10, seconds: 86400)));
        var edge = new BenchEdge(bench);
        edge.Take(4, "r");
        edge.Spend("r", 3);
        edge.Send();
        Assert.True(bench.Ledger.Writes > 0);
        bench.Restart();
        bench.Commit(bench.Core.BeginSuspend(edge.Session, bench.Now));
        edge = new BenchEdge(bench);
        Assert.Equal((6L, 4L), (bench.View("r").Level, bench.View("r").Posted));
        Assert.Equal(Denial.NotNow, edge.Take(7, "r").Denial);
        Assert.Equal(Denial.None, edge.Take(6, "r").Denial);
    }

    [Fact]
    public void LongWindow_LeaseThatItsEdgeHasGivenUp_CountsAsUsed()
    {
        var bench = new OwnerBench(new OwnerSettings(), accounts: ("r", Window(10, seconds: 86400)));
        var edge = new BenchEdge(bench);
        edge.Take(4, "r");
        bench.Reload();
        bench.Send(new LeaseRequest { Session = edge.Session, Number = edge.LastRequest!.Number + 1, Epoch = bench.Core.Epoch, Registers = true });
        Assert.Equal((6L, 0L, 4L), (bench.View("r").Level, bench.View("r").Out, bench.View("r").Posted));
    }
}
