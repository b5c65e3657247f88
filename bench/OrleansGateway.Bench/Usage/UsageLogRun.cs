using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Bench.Usage;

/// <summary>Appends a usual record at a pace: as fast as it goes would measure the disk.</summary>
internal sealed class UsageLogRun(string folder, TimeSpan time)
{
    private const int Together = 10;
    private int _runs;

    public async Task RunAsync(string name, IUsageStore store, int rate, CancellationToken cancellation)
    {
        var clock = TimeProvider.System;
        var (figures, settings) = (new UsageLogFigures(), new UsageSettings());
        await using var log = UsageLog.Open(
            Path.Combine(folder, "usage"), new Guid(++_runs, 0, 0, new byte[8]), new UsageLogParts(() => settings, static () => 100, figures, clock, NullLogger<UsageLog>.Instance));
        await using var shipper = new UsageShipper(
            log, store, new UsageDamage(Path.Combine(folder, "damaged"), NullLogger.Instance), () => settings, figures, Random.Shared, clock, NullLogger<UsageShipper>.Instance);
        shipper.Start();
        Append(log, 1_000, rate);
        await log.FlushAsync(cancellation);

        var user = Environment.CpuUsage.TotalTime;
        var (took, allocated, lag) = await Task.Run(() => Append(log, (int)(rate * time.TotalSeconds), rate, shipper), cancellation);
        var flushing = clock.GetTimestamp();
        await log.FlushAsync(cancellation);
        var after = clock.GetElapsedTime(flushing);
        user = Environment.CpuUsage.TotalTime - user;
        took.Sort();
        var records = took.Count * Together;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"usage log to {name} at {rate}/s: mean {took.Average():F0}, p50 {took[took.Count / 2]:F0}, p99 {took[took.Count * 99 / 100]:F0}, max {took[^1]:F0} ns a record over {Together}; " +
            $"{(double)allocated / records:F2} B allocated; CPU of all threads {user.TotalMicroseconds / records:F2} us a record, the pace included; longest lag {lag.TotalMilliseconds:F0} ms, " +
            $"all there {after.TotalMilliseconds:F0} ms after the last; {figures.Dropped} dropped"));
        await shipper.StopAsync(TimeSpan.FromSeconds(10));
    }

    private static (List<double> Took, long Allocated, TimeSpan Lag) Append(UsageLog log, int records, int rate, UsageShipper? shipper = null)
    {
        var clock = TimeProvider.System;
        var took = new List<double>(records / Together + 1);
        var (allocated, lag, begun) = (0L, TimeSpan.Zero, clock.GetTimestamp());
        for (var number = 0; number < records; number += Together)
        {
            var due = TimeSpan.FromSeconds((double)number / rate);
            while (clock.GetElapsedTime(begun) is var passed && passed < due) Thread.Sleep(due - passed > TimeSpan.FromMilliseconds(1) ? 1 : 0);
            var batch = new UsageRecord[Together];
            for (var i = 0; i < Together; i++) batch[i] = TestRecords.Usual(Guid.CreateVersion7()) with { At = clock.GetUtcNow() };
            var before = GC.GetAllocatedBytesForCurrentThread();
            var at = clock.GetTimestamp();
            for (var i = 0; i < Together; i++) log.TryAppend(new ReadOnlySpan<UsageRecord>(in batch[i]));
            took.Add(clock.GetElapsedTime(at).TotalNanoseconds / Together);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            if (shipper?.Lag is { } now && now > lag) lag = now;
        }

        return (took, allocated, lag);
    }
}
