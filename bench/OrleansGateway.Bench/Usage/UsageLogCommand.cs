using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Bench.Usage;

/// <summary><c>usage-log</c>: what it costs an edge to write a record down, alone and while it is shipped to SQLite.</summary>
internal static class UsageLogCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--folder") { Description = "Folder on the disk to measure.", DefaultValueFactory = _ => Path.GetTempPath() };
        var seconds = new Option<int>("--seconds") { Description = "Time for each figure.", DefaultValueFactory = _ => 5 };
        var rate = new Option<int>("--rate") { Description = "Records a second.", DefaultValueFactory = _ => 5_000 };
        var command = new Command("usage-log", "Measure the usage log of an edge.") { folder, seconds, rate };
        command.SetAction(async (parsed, cancellation) =>
        {
            var state = Directory.CreateDirectory(Path.Combine(parsed.GetValue(folder)!, $"gateway-bench-{Environment.ProcessId}")).FullName;
            var run = new UsageLogRun(state, TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            try
            {
                await run.RunAsync("nowhere", new NoUsageStore(), parsed.GetValue(rate), cancellation);
                await using var store = new SqliteUsageStore(SqliteDatabase.OpenUsage(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));
                await run.RunAsync("SQLite", store, parsed.GetValue(rate), cancellation);
            }
            finally
            {
                Directory.Delete(state, recursive: true);
            }
        });
        return command;
    }

    /// <summary>Takes all and keeps nothing.</summary>
    private sealed class NoUsageStore : IUsageStore
    {
        public ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation) => ValueTask.FromResult(new UsageApplied(records.Count, 0));

        public ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation) => ValueTask.FromResult(0L);
    }
}
