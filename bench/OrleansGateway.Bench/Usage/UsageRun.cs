using System.Globalization;
using System.Threading.Channels;
using OrleansGateway.Usage;

namespace OrleansGateway.Bench.Usage;

/// <summary>Fills a store, lets records come in at a steady pace, and asks.</summary>
internal sealed class UsageRun(BenchRecords records)
{
    private const int Together = 20_000;
    private const int TickMilliseconds = 50;
    private const int DaysBack = 30;

    public async Task RunAsync(IUsageStore store, IUsageReports reports, int fill, int rate, int seconds, CancellationToken cancellation)
    {
        var now = TimeProvider.System.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        await FillAsync(store, fill, today.AddDays(-DaysBack), today, cancellation);
        await FeedAsync(store, rate, seconds, cancellation);
        foreach (var (name, query) in Questions(today)) await AskAsync(reports, name, query, cancellation);
    }

    // Whole batches are made first: what is measured is the store, on one core or what it takes.
    private async Task FillAsync(IUsageStore store, int count, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var (took, cpu, last) = (TimeSpan.Zero, TimeSpan.Zero, 0d);
        for (var done = 0; done < count;)
        {
            var first = done;
            var size = Math.Min(Together, count - done);
            var batch = Enumerable.Range(0, size).Select(i => records.One(from + ((to - from) * ((first + i) / (double)count)))).ToArray();
            var (began, used) = (TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await store.ApplyAsync(batch, cancellation);
            var batchTook = TimeProvider.System.GetElapsedTime(began);
            (took, cpu, done) = (took + batchTook, cpu + Environment.CpuUsage.TotalTime - used, done + size);
            if (done >= count * 0.9) last = last == 0 ? size / batchTook.TotalSeconds : (last * 0.9) + (size / batchTook.TotalSeconds * 0.1);
        }

        Say($"filled with {count:N0} records of {DaysBack} days: {count / took.TotalSeconds:N0} records/s, at the end {last:N0}; {cpu.TotalMicroseconds / count:F1} us of CPU each");
    }

    private async Task FeedAsync(IUsageStore store, int rate, int seconds, CancellationToken cancellation)
    {
        var queue = Channel.CreateUnbounded<UsageRecord>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var (began, used) = (TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var applying = Task.Run(() => ApplyAsync(store, queue.Reader, cancellation), cancellation);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(TickMilliseconds));
        for (var sent = 0L; sent < (long)rate * seconds;)
        {
            await tick.WaitForNextTickAsync(cancellation);
            var due = Math.Min((long)rate * seconds, (long)(TimeProvider.System.GetElapsedTime(began).TotalSeconds * rate));
            for (; sent < due; sent++) queue.Writer.TryWrite(records.One(TimeProvider.System.GetUtcNow()));
        }

        queue.Writer.Complete();
        var lags = await applying;
        var (took, cpu) = (TimeProvider.System.GetElapsedTime(began), Environment.CpuUsage.TotalTime - used);
        lags.Sort();
        Say($"fed with {rate:N0} records/s for {took.TotalSeconds:F1} s, making them included {cpu.TotalSeconds / took.TotalSeconds:F2} cores");
        Say($"lag until reports know of a record: p50 {lags[lags.Count / 2]:F0}, p99 {lags[lags.Count * 99 / 100]:F0}, max {lags[^1]:F0} ms");
    }

    // As the shipper of the log: whatever has come in goes together, and the next batch waits for it.
    private static async Task<List<double>> ApplyAsync(IUsageStore store, ChannelReader<UsageRecord> queue, CancellationToken cancellation)
    {
        var lags = new List<double>();
        var batch = new List<UsageRecord>();
        while (await queue.WaitToReadAsync(cancellation))
        {
            while (batch.Count < Together && queue.TryRead(out var record)) batch.Add(record);
            await store.ApplyAsync(batch, cancellation);
            var now = TimeProvider.System.GetUtcNow();
            lags.AddRange(batch.Select(r => (now - r.At).TotalMilliseconds));
            batch.Clear();
        }

        return lags;
    }

    private static async Task AskAsync(IUsageReports reports, string name, UsageQuery query, CancellationToken cancellation)
    {
        const int Times = 5;
        var took = new List<double>();
        var report = default(UsageReport);
        var used = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Times; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            report = await reports.ReportAsync(query, cancellation);
            took.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        took.Sort();
        var cpu = (Environment.CpuUsage.TotalTime - used) / Times;
        Say($"report, {name}: {took[Times / 2]:F0} ms ({took[0]:F0} to {took[^1]:F0}; {cpu.TotalMilliseconds:F0} ms of CPU), {report!.Rows.Count}{(report.More ? "+" : "")} rows, {report.Total.Attempts:N0} attempts");
    }

    private static IEnumerable<(string Name, UsageQuery Query)> Questions(DateTimeOffset today)
    {
        var month = new UsageQuery { From = today.AddDays(-DaysBack), To = today.AddDays(1), Limit = 100_000 };
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        yield return ("30 days in all", month);
        yield return ("30 days by tenant", month with { By = [UsageDimension.Tenant] });
        yield return ("30 days by key and model", month with { By = [UsageDimension.Key, UsageDimension.Model] });
        yield return ("each of 30 days by tenant", month with { Step = UsageStep.Day, By = [UsageDimension.Tenant] });
        yield return ("each of 30 days in Berlin by model", month with { Step = UsageStep.Day, Zone = berlin, By = [UsageDimension.Model] });
        yield return ("each of 30 days in Kolkata by model", month with { Step = UsageStep.Day, Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata"), By = [UsageDimension.Model] });
        yield return ("each hour of 30 days by model", month with { Step = UsageStep.Hour, By = [UsageDimension.Model] });
        yield return ("each hour of 30 days by tenant", month with { Step = UsageStep.Hour, By = [UsageDimension.Tenant] });
        yield return ("each hour of 30 days by team, provider and route", month with { Step = UsageStep.Hour, By = [UsageDimension.Team, UsageDimension.Provider, UsageDimension.Route] });
        yield return ("each hour of 30 days by key", month with { Step = UsageStep.Hour, By = [UsageDimension.Key] });
        yield return ("each of 30 days by key and model", month with { Step = UsageStep.Day, By = [UsageDimension.Key, UsageDimension.Model] });
        yield return ("each hour of 30 days of one tenant by model", month with
        {
            Step = UsageStep.Hour,
            By = [UsageDimension.Model],
            Only = new Dictionary<UsageDimension, IReadOnlyList<string>> { [UsageDimension.Tenant] = ["tenant-0003"] },
        });
        yield return ("30 days but a second by tag", month with { From = month.From.AddSeconds(1), By = [UsageDimension.Tag] });
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
