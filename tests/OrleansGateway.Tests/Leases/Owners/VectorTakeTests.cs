using OrleansGateway.Leases;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class VectorTakeTests
{
    [Fact]
    public void Take_RefusedAMillionTimesByTheNarrowestOfTwelve_ChangesNoneOfTheOthers()
    {
        var bench = new OwnerBench(accounts: Twelve);
        var edge = new BenchEdge(bench);
        var rules = Twelve.Select(a => a.Rule).ToArray();
        edge.Take(1, rules);
        foreach (var rule in rules) edge.Spend(rule, 1);
        edge.Send();
        var before = Others(bench);
        var writes = bench.Ledger.Writes;
        var items = rules.Select(r => new TakeItem(Id(r), edge[r].Lease, 1)).ToArray();
        var takes = Enumerable.Range(0, 1000).Select(i => new TakeRequest(1000 + i, items)).ToArray();
        for (var i = 0; i < 1000; i++)
        {
            foreach (var result in edge.Send(takes).Takes) Assert.Equal((Denial.NotNow, Id("narrow")), (result.Denial, result.Binding));
        }

        Assert.Equal(before, Others(bench));
        Assert.Equal(writes, bench.Ledger.Writes);
    }

    [Fact]
    public void Take_OfSeveral_IsRefusedByTheSameOneInAnyOrder()
    {
        foreach (var order in new[] { new[] { "a", "b", "c" }, ["b", "c", "a"], ["c", "a", "b"] })
        {
            var bench = new OwnerBench(accounts: [("a", Bucket(1, seconds: 5)), ("b", Bucket(1, seconds: 9)), ("c", Bucket(9))]);
            var edge = new BenchEdge(bench);
            edge.Take(1, order);
            foreach (var rule in order) edge.Spend(rule, 1);
            var denied = edge.Take(1, order);
            Assert.Equal((Denial.NotNow, Id("b"), TimeSpan.FromSeconds(9)), (denied.Denial, denied.Binding, denied.Delay));
            Assert.Equal(8, bench.View("c").Level);
        }
    }

    [Fact]
    public void Take_ThatNamesAnAccountTwice_TakesBothOrNeither()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(3)));
        var edge = new BenchEdge(bench);
        Assert.Equal(Denial.Never, edge.Take(2, "r", "r").Denial);
        Assert.Equal(3, bench.View("r").Level);
        edge.Take(1, "r", "r");
        Assert.Equal((1L, 2L), (bench.View("r").Level, bench.View("r").Out));
    }

    [Fact]
    public void Request_ThatComesTwice_IsActedOnOnce()
    {
        var bench = new OwnerBench(accounts: [("r", Bucket(10)), ("money", Budget(1000))]);
        var edge = new BenchEdge(bench);
        edge.Take(3, "r", "money");
        var (request, reply) = (edge.LastRequest!, edge.Last!);
        Assert.Same(reply, bench.Send(request)[0]);
        var next = request with { Number = request.Number + 1, Registers = false };
        var both = bench.Send(next, next);
        Assert.Same(both[0], both[1]);
        Assert.Equal(6, bench.View("r").Out);
        Assert.Empty(bench.Send(request)[0].Grants);
        Assert.Equal(6, bench.View("money").Out);
    }

    [Fact]
    public void Request_OfAnUnknownSessionOrEpoch_MustRegister()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(10)));
        var edge = new BenchEdge(bench);
        edge.Take(1, "r");
        var unknown = edge.LastRequest! with { Registers = false };
        Assert.True(bench.Send(unknown with { Number = 9 })[0].MustRegister);
        Assert.True(bench.Send(unknown with { Session = Guid.Empty, Number = 2 })[0].MustRegister);
        Assert.True(bench.Send(edge.LastRequest! with { Epoch = 7 })[0].MustRegister);
        Assert.Equal(1, bench.View("r").Out);
    }

    [Fact]
    public void Floors_KeepTheirShareForTheirPriority()
    {
        var bench = new OwnerBench(accounts: ("r", Bucket(10, refill: 0) with { Refill = 10, Floors = [0, 200, 300] }));
        var edge = new BenchEdge(bench);
        Assert.Equal(Denial.Never, edge.Take(6, 0, default, "r").Denial);
        Assert.Equal(Denial.None, edge.Take(5, 0, default, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, 0, default, "r").Denial);
        Assert.Equal(Denial.None, edge.Take(2, 1, default, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, 1, default, "r").Denial);
        Assert.Equal(Denial.None, edge.Take(3, 2, default, "r").Denial);
        Assert.Equal(Denial.NotNow, edge.Take(1, 2, default, "r").Denial);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Delay_OfARefusal_IsWhenTheSameSucceeds(int seed)
    {
        var random = new Random(seed);
        (string Rule, AccountSpec Spec)[] accounts =
        [
            ("a", Bucket(20, refill: 3)), ("b", Bucket(50, refill: 7, seconds: 2)), ("c", Window(30)), ("d", Sliding(25, seconds: 30)), ("e", Sliding(2000, seconds: 30)),
            ("f", Bucket(20, refill: 3) with { Floors = [0, 100, 300] }),
        ];
        var bench = new OwnerBench(accounts: accounts);
        var edges = Enumerable.Range(0, 3).Select(_ => new BenchEdge(bench)).ToArray();
        var refusals = 0;
        for (var step = 0; step < 3000; step++)
        {
            bench.Advance(TimeSpan.FromMilliseconds(random.Next(1500)));
            var edge = edges[random.Next(edges.Length)];
            var rules = accounts.Select(a => a.Rule).Where(_ => random.Next(3) == 0).ToArray();
            if (rules.Length == 0) continue;
            foreach (var rule in rules.Where(r => edge[r].Granted > 0 && edge[r].Grant.Lifetime <= TimeSpan.FromSeconds(5))) Settle(edge, rule, random);
            var (units, priority) = (random.Next(1, 9), (byte)random.Next(3));
            var result = edge.Take(units, priority, TimeSpan.Zero, rules);
            if (result.Denial is not (Denial.NotNow or Denial.Exhausted) || result.Delay == TimeSpan.Zero) continue;
            refusals++;
            if (refusals % 5 != 0) continue;
            bench.Advance(result.Delay);
            var again = edge.Take(units, priority, TimeSpan.Zero, rules);
            if (again is { Denial: Denial.NotNow, Delay.Ticks: 0 })
            {
                foreach (var rule in rules.Where(r => edge[r].Grant.Lifetime == TimeSpan.Zero)) edge.Close(rule);
                again = edge.Take(units, priority, TimeSpan.Zero, rules);
            }

            Assert.True(again.Denial == Denial.None, $"step {step}: {result}, then {again}");
        }

        Assert.True(refusals > 200, $"{refusals} refusals");
    }

    private static readonly (string Rule, AccountSpec Spec)[] Twelve =
    [
        ("narrow", Bucket(1, seconds: 100_000)), ("b1", Bucket(1000)), ("b2", Bucket(50, refill: 1, seconds: 1)), ("w1", Window(1000)), ("w2", Window(1000, 300)),
        ("s1", Sliding(1000)), ("s2", Sliding(60)), ("c1", Slots(100)), ("c2", Slots(5)), ("m1", Budget(1_000_000)), ("m2", Budget(5000, days: 30)), ("m3", Budget(100)),
    ];

    private static string Others(OwnerBench bench) =>
        string.Join('\n', bench.Core.View(bench.Now).Accounts.Where(a => a.Id != Id("narrow")).Select(a => $"{a.Id} {a.Limit} {a.Level} {a.Out} {a.Posted}"));

    private static void Settle(BenchEdge edge, string rule, Random random)
    {
        edge.Spend(rule, random.NextInt64(edge[rule].ToHand + 1));
        edge.GiveBack(rule, edge[rule].ToHand);
        if (edge[rule].Grant.Lifetime == TimeSpan.Zero) edge.Close(rule);
    }
}
