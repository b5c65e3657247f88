using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Bench.Micro;

/// <summary><c>leases</c>: what accounts cost. Exit code 1 if a million keys need more than 400 MB.</summary>
internal static class LeasesCommand
{
    private const double MegabytesMax = 400;
    private const int Rounds = 4;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(3);
    private static readonly AccountSpec Spec = new() { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = 600, Refill = 600, Time = TimeSpan.FromMinutes(1) };

    public static Command Create()
    {
        var keys = new Option<int>("--keys") { Description = "Accounts in use at once; 0 leaves memory out.", DefaultValueFactory = _ => 1_000_000 };
        var command = new Command("leases", "Admissions per second of one tenant by threads, memory of many keys in use, and what idle ones cost.") { keys };
        command.SetAction(async (parsed, _) =>
        {
            // Before anything else has been made that may still be in memory.
            var memory = new MemoryMeter();
            var megabytes = 0.0;
            if (parsed.GetValue(keys) is > 0 and var count)
            {
                megabytes = await MemoryInUseAsync(count, memory);
                await MemoryLeasedAsync(count, memory);
            }

            await CostsAsync();
            await RatesAsync();
            await IdleAsync(100_000);
            return megabytes <= MegabytesMax ? 0 : 1;
        });
        return command;
    }

    /// <summary>The median of many short stretches: what others do on the machine meanwhile falls into few of them.</summary>
    private static async Task CostsAsync()
    {
        await using var twelve = new AdmissionRig(12);
        await using var three = new AdmissionRig(3);
        using var chained = AdmissionBenchmarks.Chained();
        Cost("12 accounts, admitted and settled", twelve.AdmitAndSettle);
        Cost("3 accounts, admitted and settled", three.AdmitAndSettle);
        Cost("3 chained limiters of .NET, acquired", () => chained.AttemptAcquire("acme").Dispose());
    }

    private static void Cost(string what, Action action)
    {
        const int Stretch = 20;
        var times = new double[50_000];
        for (var i = 0; i < 500_000; i++) action();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var n = 0; n < Stretch; n++) action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Stretch;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(times);
        Console.WriteLine($"{what}: p50 {times[times.Length / 2]:F0} ns, p90 {times[times.Length * 9 / 10]:F0} ns, {allocated / (double)(times.Length * Stretch):F1} B");
    }

    private static async Task RatesAsync()
    {
        await using var rig = new AdmissionRig(12);
        foreach (var threads in new[] { 1, 2 })
        {
            await RateAsync(rig, threads, TimeSpan.FromSeconds(1));
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            var perSecond = await RateAsync(rig, threads, Measured);
            var used = (Process.GetCurrentProcess().TotalProcessorTime - processor) / Measured;
            Console.WriteLine($"12 accounts, one tenant, {threads} threads: {perSecond / 1e6:F2} million per second, of {used:F2} cores that it got: {perSecond / used / 1e6:F2} million per core");
        }
    }

    private static async Task<double> RateAsync(AdmissionRig rig, int threads, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var count = 0L;
                while (Stopwatch.GetElapsedTime(start) < time)
                {
                    for (var i = 0; i < 1_000; i++) rig.AdmitAndSettle();
                    count += 1_000;
                }

                return count;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Megabytes for so many keys that are used in turn, as fast as this machine can, by an edge with its usual settings: the most of some rounds.</summary>
    private static async Task<double> MemoryInUseAsync(int keys, MemoryMeter memory)
    {
        await using var edge = Edge(new());
        var most = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < keys; i++) await UseAsync(edge, i);
            var took = Stopwatch.GetElapsedTime(start);
            var used = memory.Read();
            Console.WriteLine($"{keys} keys in use, each every {took.TotalSeconds:F1} s: {used}, {edge.View().Accounts.Count} of them known at the edge");
            most = Math.Max(most, used.Megabytes);
        }

        return most;
    }

    /// <summary>The same while the edge has leases of all of them.</summary>
    private static async Task MemoryLeasedAsync(int keys, MemoryMeter memory)
    {
        // Kept long enough that the first is still known when the last has come.
        await using var edge = Edge(new() { AccountsMax = keys, AccountsAtEase = keys, RateKept = TimeSpan.FromMinutes(10) });
        for (var i = 0; i < keys; i++) await UseAsync(edge, i);
        var used = memory.Read();
        Console.WriteLine($"{edge.View().Accounts.Count} keys leased at once: {used}, {used.Megabytes * 1e6 / keys:F0} bytes each");
    }

    /// <summary>Keys that were used once: what they cost from then on.</summary>
    private static async Task IdleAsync(int keys)
    {
        await using var edge = Edge(new());
        for (var i = 0; i < keys; i++) await UseAsync(edge, i);
        var start = Stopwatch.GetTimestamp();
        while (edge.View().Accounts.Count > 0) await Task.Delay(TimeSpan.FromMilliseconds(500));
        Console.WriteLine($"{keys} keys used once: all given back and forgotten after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        await Task.Delay(Measured);
        var share = (Process.GetCurrentProcess().TotalProcessorTime - processor) / Measured;
        Console.WriteLine($"{keys} keys idle: {share:P1} of a core, {Timer.ActiveCount} timers in the process");
    }

    private static LeasedAdmissions Edge(EdgeSettings settings) =>
        new(settings, Guid.NewGuid(), new NoJournal(), new CoreOwners(Spec), new(), TimeProvider.System, NullLogger<LeasedAdmissions>.Instance);

    private static async ValueTask UseAsync(LeasedAdmissions edge, int key)
    {
        var accounts = new[] { edge.Find("tenant:acme", new("rate_limits.per-key", $"acme/key-{key:D9}"), Spec)! };
        using var hold = edge.NewHold("request");
        var admission = await edge.AdmitAsync(hold, accounts, new() { Requests = 1 }, new(1, TimeSpan.Zero), CancellationToken.None);
        if (!admission.IsGranted) throw new InvalidOperationException($"Key {key} was refused: {admission.Denial}.");
        hold.Settle(new() { Requests = 1 });
    }
}
