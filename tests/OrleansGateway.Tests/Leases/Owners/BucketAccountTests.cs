using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class BucketAccountTests
{
    [Fact]
    public void Take_WithinTheLimit_GrantsEachUnitToTheLast()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(5)));
        var edge = new BenchEdge(bench);
        for (var i = 0; i < 5; i++) Assert.Equal(Denial.None, edge.Take(1, "r").Denial);
        var denied = edge.Take(1, "r");
        Assert.Equal(Denial.NotNow, denied.Denial);
        Assert.Equal(Id("r"), denied.Binding);
        Assert.Equal(5, edge["r"].ToHand);
    }

    [Fact]
    public void Take_WhenUnitsAreOut_RefillsOnlyWhatIsProvenSpent()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(5)));
        var edge = new BenchEdge(bench);
        edge.Take(5, "r");
        bench.Advance(TimeSpan.FromSeconds(3));
        edge.Send();
        Assert.Equal(0, bench.View("r").Level);
        edge.Spend("r", 2);
        edge.Send();
        bench.Advance(TimeSpan.FromSeconds(4));
        edge.Send();
        Assert.Equal(2, bench.View("r").Level);
    }

    [Fact]
    public void Lease_ThatExpires_IsBurnedAndOver()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(5)));
        var edge = new BenchEdge(bench);
        edge.Take(5, "r");
        bench.Advance(TimeSpan.FromSeconds(5));
        var view = bench.View("r");
        Assert.Equal((0, 0), (view.Level, view.Out));
        bench.Advance(TimeSpan.FromSeconds(2));
        edge.Spend("r", 1);
        edge.GiveBack("r", 4);
        edge.Send();
        Assert.Equal(2, bench.View("r").Level);
        Assert.Equal(TimeSpan.Zero, edge["r"].Grant.Lifetime);
        Assert.Equal((Denial.NotNow, TimeSpan.Zero), (edge.Take(1, "r").Denial, edge.Last!.Takes[0].Delay));
    }

    [Fact]
    public void Lease_WithNothingOut_DoesNotExpire()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(5)));
        var edge = new BenchEdge(bench);
        edge.Take(1, "r");
        edge.Spend("r", 1);
        edge.Send();
        bench.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Denial.None, edge.Take(5, "r").Denial);
    }

    [Fact]
    public void Owner_WithLeasesOfOneBefore_GrantsNothingUntilTheyAreOver()
    {
        var bench = new OwnerBench(new OwnerSettings(), accounts: ("r", Bucket(10)));
        bench.Restart(mayOthersHold: true);
        var edge = new BenchEdge(bench);
        bench.Advance(TimeSpan.FromSeconds(4));
        var denied = edge.Take(2, "r");
        Assert.Equal((Denial.NotNow, TimeSpan.FromSeconds(3)), (denied.Denial, denied.Delay));
        bench.Advance(denied.Delay);
        Assert.Equal(Denial.None, edge.Take(2, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
    }

    [Fact]
    public void Account_AfterACrash_BeginsEmptyAndFillsFromThen()
    {
        var bench = new OwnerBench(new OwnerSettings { EmptyAt = TimeSpan.FromHours(1) }, accounts: ("r", Bucket(10)));
        bench.Advance(TimeSpan.FromSeconds(3));
        var edge = new BenchEdge(bench);
        Assert.Equal(Denial.None, edge.Take(3, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
    }

    [Fact]
    public void Take_MoreThanTheLimit_IsRefusedForEver()
    {
        var bench = new OwnerBench(accounts: [("r", Bucket(5)), ("none", Bucket(0))]);
        var edge = new BenchEdge(bench);
        Assert.Equal(Denial.Never, edge.Take(6, "r").Denial);
        Assert.Equal(Denial.Never, edge.Take(1, "none").Denial);
        Assert.Equal(Denial.None, edge.Take(5, "r").Denial);
    }

    [Fact]
    public void Take_ThatMayWait_IsPutOffToItsTurn()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(1)));
        var edge = new BenchEdge(bench);
        Assert.Equal(TimeSpan.Zero, edge.Take(1, 1, TimeSpan.FromSeconds(10), "r").Delay);
        edge.Spend("r", 1);
        for (var turn = 1; turn <= 3; turn++)
        {
            var put = edge.Take(1, 1, TimeSpan.FromSeconds(3), "r");
            Assert.Equal((Denial.None, TimeSpan.FromSeconds(turn)), (put.Denial, put.Delay));
        }

        Assert.Equal(Denial.NotNow, edge.Take(1, 1, TimeSpan.FromSeconds(3), "r").Denial);
        edge.Spend("r", 3);
        bench.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(TimeSpan.FromSeconds(0.5), edge.Take(1, 1, TimeSpan.Zero, "r").Delay);
    }

    [Fact]
    public void Promises_WhileOthersHold_AreNotForTheSameMoment()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(2)));
        var (edge, hoarder) = (new BenchEdge(bench), new BenchEdge(bench));
        hoarder.Take(1, "r");
        edge.Take(1, "r");
        var delays = Enumerable.Range(0, 3).Select(_ => edge.Take(1, 1, TimeSpan.FromSeconds(30), "r").Delay).ToArray();
        Assert.Equal([6, 7, 8], delays.Select(d => d.TotalSeconds));
    }

    [Fact]
    public void Refill_OverAnyTimes_LosesNothingToRounding()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(1_000_000, refill: 7, seconds: 3)));
        var edge = new BenchEdge(bench);
        edge.Take(1_000_000, "r");
        edge.Spend("r", 1_000_000);
        edge.Send();
        for (var i = 0; i < 3000; i++)
        {
            bench.Advance(TimeSpan.FromMilliseconds(97.1));
            bench.View("r");
        }

        Assert.Equal((long)(3000 * 97.1 * 7 / 3000), bench.View("r").Level);
    }

    [Fact]
    public void Refill_OfHugeAmounts_DoesNotOverflow()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(long.MaxValue / 2, refill: long.MaxValue / 4, seconds: 0.001)));
        var edge = new BenchEdge(bench);
        Assert.Equal(Denial.None, edge.Take(long.MaxValue / 2, "r").Denial);
        edge.Spend("r", long.MaxValue / 2);
        edge.Send();
        bench.Advance(TimeSpan.FromDays(1000));
        Assert.Equal(long.MaxValue / 2, bench.View("r").Level);
    }

    [Fact]
    public void Limit_LoweredBelowWhatIsOut_OwesTheRest()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(10)));
        var edge = new BenchEdge(bench);
        edge.Take(8, "r");
        bench["r"] = Bucket(5);
        bench.Core.SpecsChanged(bench.Now);
        var view = bench.View("r");
        Assert.Equal(5, view.Level + view.Out);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
        bench["r"] = Bucket(10);
        bench.Core.SpecsChanged(bench.Now);
        Assert.Equal(Denial.None, edge.Take(2, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, "r").Denial);
    }

    [Fact]
    public void Limit_LoweredFarBelowWhatWasUsed_OwesNoMoreThanItself_AndNothingOfItIsHadTwice()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(1000)));
        var edge = new BenchEdge(bench);
        edge.Take(900, "r");
        edge.Spend("r", 900);
        edge.Send();
        bench["r"] = Bucket(10);
        bench.Core.SpecsChanged(bench.Now);
        bench.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, bench.View("r").Level);
        bench.Advance(TimeSpan.FromSeconds(1));
        bench["r"] = Bucket(1000);
        bench.Core.SpecsChanged(bench.Now);
        Assert.Equal(100 + 11, bench.View("r").Level);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bucket_OverAnyHistory_NeverHasMoreThanItsLimitOut(int seed)
    {
        var random = new Random(seed);
        var bench = new OwnerBench(accounts: ("r", Bucket(50, refill: 10)));
        var edges = Enumerable.Range(0, 4).Select(_ => new BenchEdge(bench)).ToArray();
        for (var step = 0; step < 3000; step++)
        {
            bench.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
            var edge = edges[random.Next(edges.Length)];
            if (edge["r"].Grant.Lifetime == TimeSpan.Zero && edge["r"].Granted > 0) edge.Close("r");
            if (random.Next(2) == 0) edge.Take(random.Next(1, 8), "r");
            else edge.Want("r", random.Next(40));
            var hand = (int)edge["r"].ToHand;
            edge.Spend("r", random.Next(hand + 1));
            edge.GiveBack("r", random.Next((int)edge["r"].ToHand + 1));
            var view = bench.View("r");
            Assert.True(view.Level >= 0 && view.Level + view.Out <= 50, $"step {step}: {view}");
        }
    }
}
