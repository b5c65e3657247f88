using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Bench.Ledger;

/// <summary>Holds and their ends, as fast as they go, from one thread and from two.</summary>
internal sealed class JournalRun(string folder, TimeSpan time)
{
    private const int Together = 1_000;
    private const int TidyEvery = 10;

    public async Task RunAsync()
    {
        foreach (var (threads, charges) in ((int, int)[])[(1, 1), (1, 4), (1, 12), (2, 4)])
        {
            await using var journal = MappedHoldJournal.Open(folder, new Guid(threads, 0, 0, new byte[8]), TimeProvider.System, NullLogger<MappedHoldJournal>.Instance);
            var leases = Enumerable.Range(1, charges).Select(i => new Charge(journal.Opened(new AccountId("budgets.b", ""), i, 7), 10)).ToArray();
            var user = Environment.CpuUsage.UserTime;
            var runs = await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() => Turn(journal, leases, (long)thread << 40))));
            user = Environment.CpuUsage.UserTime - user;
            var took = runs.SelectMany(r => r).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"journal, {threads} threads, {charges} charges: p50 {took[took.Length / 2]:F0}, p99 {took[took.Length * 99 / 100]:F0} ns/entry over {Together} at a time; " +
                $"{user.TotalNanoseconds / took.Length / Together:F0} ns of user CPU with summing up"));
        }
    }

    // Summed up between the measured stretches: at this pace, some hundred times that of requests, the background would not keep up.
    private List<double> Turn(MappedHoldJournal journal, Charge[] charges, long hold)
    {
        var took = new List<double>();
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            if (took.Count % TidyEvery == 0) journal.Tidy();
            var at = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < Together / 2; i++, hold++)
            {
                if (!journal.Held(hold, "0198f3a2c4d57e6f8a9b0c1d2e3f4a5b", charges)) throw new InvalidOperationException("The journal is full.");
                journal.Ended(hold, charges);
            }

            took.Add(TimeProvider.System.GetElapsedTime(at).TotalNanoseconds / Together);
        }

        return took;
    }
}
