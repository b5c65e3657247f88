using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;

namespace OrleansGateway.Bench.Usage;

/// <summary><c>usage</c>: records a second into the usage stores, how long after a record reports know it, and how long reports take.</summary>
internal static class UsageCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--folder") { Description = "Folder on the disk to measure.", DefaultValueFactory = _ => Path.GetTempPath() };
        var postgres = new Option<string?>("--postgres") { Description = "How to connect to an empty database, which is measured instead of SQLite." };
        var records = new Option<int>("--records") { Description = "Records to fill it with, spread over 30 days.", DefaultValueFactory = _ => 1_000_000 };
        var rate = new Option<int>("--rate") { Description = "Records a second that then come in, of the present.", DefaultValueFactory = _ => 20_000 };
        var seconds = new Option<int>("--seconds") { Description = "For how long they do.", DefaultValueFactory = _ => 20 };
        var keys = new Option<int>("--keys") { Description = "Keys that use it: each has its tenant, user and two models.", DefaultValueFactory = _ => 500 };
        var command = new Command("usage", "Measure the usage stores.") { folder, postgres, records, rate, seconds, keys };
        command.SetAction(async (parsed, cancellation) =>
        {
            var run = new UsageRun(new BenchRecords(parsed.GetValue(keys)));
            var work = (Fill: parsed.GetValue(records), Rate: parsed.GetValue(rate), Seconds: parsed.GetValue(seconds));
            if (parsed.GetValue(postgres) is { } connection)
            {
                await using var cluster = await PostgresDatabase.OpenAsync(connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation);
                var store = new PostgresUsageStore(cluster);
                await run.RunAsync(store, store, work.Fill, work.Rate, work.Seconds, cancellation);
                return;
            }

            var state = Directory.CreateDirectory(Path.Combine(parsed.GetValue(folder)!, $"gateway-bench-{Environment.ProcessId}")).FullName;
            try
            {
                var database = SqliteDatabase.OpenUsage(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
                await using var store = new SqliteUsageStore(database);
                await run.RunAsync(store, store, work.Fill, work.Rate, work.Seconds, cancellation);
                Console.WriteLine($"usage.db: {new FileInfo(Path.Combine(state, SqliteDatabase.UsageFileName)).Length >> 20} MiB");
            }
            finally
            {
                Directory.Delete(state, recursive: true);
            }
        });
        return command;
    }
}
