using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>Real threads on the same accounts.</summary>
public sealed class EdgeRaceTests
{
    private const int Threads = 4;

    [Theory(Timeout = 60_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public async Task AdmitSettleAndRenew_FromManyThreads_NeverUsesMoreThanWasGranted(int seed)
    {
        var rig = new EdgeRig(new() { VisitEvery = TimeSpan.FromMilliseconds(20) }) { IsShared = true };
        var accounts = Enumerable.Range(0, 4).Select(i => rig.Account($"limit{i}", level: 200_000)).ToArray();
        var used = new long[accounts.Length];
        var lane = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
            () =>
            {
                var random = new Random((seed * 100) + thread);
                for (var i = 0; i < 20_000; i++) Request(rig, accounts, used, random, lane);
            })));
        rig.Pass(TimeSpan.FromSeconds(10));

        for (var i = 0; i < accounts.Length; i++)
        {
            var leases = rig.Owner.LeasesOf(accounts[i].Id);
            Assert.Equal(used[i], leases.Sum(l => l.Spent));
            Assert.Equal(200_000 - used[i], rig.Owner[accounts[i].Id]);
            Assert.All(leases, l => Assert.True(l.IsClosed));
        }

        Assert.Equal(0, rig.Core.Overruns);
    }

    [Fact(Timeout = 60_000)]
    public async Task EndOfAHold_ByManyAtOnce_HappensOnce()
    {
        var rig = new EdgeRig();
        var account = rig.Stocked("limit", 1_000);
        rig.Owner.Lifetime = TimeSpan.MaxValue;
        for (var i = 0; i < 5_000; i++)
        {
            var hold = rig.Core.NewHold("a");
            Assert.True(rig.TryAdmit(hold, EdgeRig.Requests(10), account));
            using var start = new Barrier(2);
            var other = Task.Run(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    hold.Cancel();
                },
                TestContext.Current.CancellationToken);
            start.SignalAndWait(TestContext.Current.CancellationToken);
            // A raise at the same moment is either part of what ends, or refused.
            rig.TryAdmit(hold, EdgeRig.Requests(5), account);
            hold.Settle(default);
            await other;
            Assert.Equal(1_000, account.Remaining);
        }
    }

    private static void Request(EdgeRig rig, Account[] accounts, long[] used, Random random, Lock lane)
    {
        var units = random.Next(1, 6);
        var hold = rig.Core.NewHold("a");
        var some = accounts.Where(_ => random.Next(3) > 0).ToArray();
        if (!rig.TryAdmit(hold, EdgeRig.Requests(units), some))
        {
            lock (lane) rig.Take(hold, EdgeRig.Requests(units), some);
        }

        if (hold.Of(Dimension.Requests) < units)
        {
            hold.Dispose();
            return;
        }

        var spent = random.Next(0, units + 1);
        for (var i = 0; i < accounts.Length; i++)
        {
            if (some.Contains(accounts[i])) Interlocked.Add(ref used[i], spent);
        }

        hold.Settle(EdgeRig.Requests(spent));
        hold.Dispose();
        if (random.Next(50) > 0) return;
        lock (lane)
        {
            rig.Owner.IsExact = random.Next(4) == 0;
            rig.Owner.Recall = random.Next(3) == 0 ? random.Next(100) : 0;
            rig.Now += TimeSpan.FromMilliseconds(random.Next(10));
            rig.Core.Visit(rig.Now);
            rig.Exchange();
        }
    }
}
