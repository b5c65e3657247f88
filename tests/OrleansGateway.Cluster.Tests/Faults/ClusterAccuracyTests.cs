using System.Diagnostics;
using System.Net;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>
/// What limits and budgets let through at four edges, whose share of the calls moves from one to the next. Judged by what the provider got. <c>GATEWAY_TEST_CLUSTER_CALLS</c> says how many
/// calls are made against a limit that refills (default 600).
/// </summary>
public sealed class ClusterAccuracyTests(AccuracyFleet fleet, ITestOutputHelper output) : IClassFixture<AccuracyFleet>
{
    private const int Calls = AccuracyFleet.Calls;
    private const int PerSecond = AccuracyFleet.PerSecond;
    private const int Clients = 16;

    // Calls until the crowd moves on to the next edge, and how long that is for what comes back with time.
    private const int SkewEvery = 100;
    private static readonly TimeSpan s_skewFor = TimeSpan.FromSeconds(5);

    private static readonly int s_refilled =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_CLUSTER_CALLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var calls) ? calls : 600;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task FiveAMinute_AtFourEdges_AreFive()
    {
        var since = Stopwatch.StartNew();
        for (var round = 0; round < 3; round++) await Task.WhenAll(Enumerable.Range(0, 4 * Fleet.Edges).Select(n => CallAsync(n, "minute")));
        // One more comes back every 12 s, if the machine is that slow.
        var served = fleet.Upstream.BillsOf("minute").Count;
        output.WriteLine($"{served} served in {since.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(served, 5, 5 + (int)(since.Elapsed / TimeSpan.FromSeconds(12)));
    }

    [Theory(Timeout = 300_000)]
    [InlineData("count")] [InlineData("window")] [InlineData("money")]
    public async Task WhatDoesNotComeBack_UnderASkewThatMoves_IsUsedToTheLastAndNoFurther(string tenant)
    {
        var (asked, refusedInARow, first) = (0, 0, -1);
        var random = new Random(1);
        while (refusedInARow < Fleet.Edges || fleet.Upstream.BillsOf(tenant).Count < Calls)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => CallAsync(EdgeOf(asked++ / SkewEvery, random), tenant)));
            Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, a.ToString()));
            if (first < 0 && answers.Contains(HttpStatusCode.TooManyRequests)) first = fleet.Upstream.BillsOf(tenant).Count;
            refusedInARow = answers.All(a => a == HttpStatusCode.TooManyRequests) ? refusedInARow + 1 : 0;
        }

        var served = fleet.Upstream.BillsOf(tenant).Count;
        output.WriteLine($"{tenant}: {served} of {Calls} served, {asked} asked; {100.0 * first / Calls:0.0} % were served when the first was refused");
        Assert.Equal(Calls, served);
    }

    [Fact(Timeout = 3_600_000)]
    public async Task WhatComesBack_UnderASkewThatMoves_IsNeverExceeded()
    {
        var (asked, random, since) = (0, new Random(2), Stopwatch.StartNew());
        // Demand is three times what comes back, whatever the machine can do.
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Volatile.Read(ref asked) < s_refilled)
            {
                var number = Interlocked.Increment(ref asked);
                var due = TimeSpan.FromSeconds(number / (3.0 * PerSecond));
                if (due > since.Elapsed) await Task.Delay(due - since.Elapsed, Cancel);
                int edge;
                lock (random) edge = EdgeOf((int)(since.Elapsed / s_skewFor), random);
                await CallAsync(edge, "second");
            }
        }));
        var could = PerSecond * (1 + since.Elapsed.TotalSeconds);
        var served = fleet.Upstream.BillsOf("second").Count;
        output.WriteLine($"{served} of {could:0} served in {since.Elapsed.TotalSeconds:0.0} s, {asked} asked: {100 * served / could:0.0} %");
        Assert.InRange(served, 1, could);
    }

    /// <summary>Four of five calls go to one edge, which is another one after a while.</summary>
    private static int EdgeOf(int turn, Random random) => random.Next(5) == 0 ? random.Next(Fleet.Edges) : turn % Fleet.Edges;

    private Task<HttpStatusCode?> CallAsync(int edge, string tenant) => ClusterLoad.CallOnceAsync(fleet.Fleet.Edge(edge), tenant, isStream: false);
}
