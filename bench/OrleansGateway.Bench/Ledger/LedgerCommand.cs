using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Bench.Ledger;

/// <summary><c>ledger</c>: durable writes a second of the ledger stores, and what an entry of the journal of holds costs.</summary>
internal static class LedgerCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--folder") { Description = "Folder on the disk to measure.", DefaultValueFactory = _ => Path.GetTempPath() };
        var postgres = new Option<string?>("--postgres") { Description = "How to connect to an empty database; without it PostgreSQL is left out." };
        var seconds = new Option<int>("--seconds") { Description = "Time for each figure.", DefaultValueFactory = _ => 3 };
        var command = new Command("ledger", "Measure the ledger stores and the journal of holds.") { folder, postgres, seconds };
        command.SetAction(async (parsed, cancellation) =>
        {
            var state = Directory.CreateDirectory(Path.Combine(parsed.GetValue(folder)!, $"gateway-bench-{Environment.ProcessId}")).FullName;
            var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
            try
            {
                await new JournalRun(Path.Combine(state, "journal"), time).RunAsync();
                using var database = SqliteDatabase.OpenLedger(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
                await using var sqlite = new SqliteLedgerStore(database, TimeProvider.System);
                await MeasureAsync("SQLite", sqlite, time, cancellation);
                if (parsed.GetValue(postgres) is not { } connection) return;
                await using var cluster = await PostgresDatabase.OpenAsync(connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation);
                await MeasureAsync("PostgreSQL", new PostgresLedgerStore(cluster, TimeProvider.System), time, cancellation);
            }
            finally
            {
                Directory.Delete(state, recursive: true);
            }
        });
        return command;
    }

    private static async Task MeasureAsync(string name, ILedgerStore store, TimeSpan time, CancellationToken cancellation)
    {
        foreach (var (owners, accounts) in ((int, int)[])[(1, 1), (1, 12), (16, 1), (16, 12)])
        {
            var runs = await Task.WhenAll(Enumerable.Range(0, owners).Select(i => Task.Run(() => LedgerRun.WriteAsync(store, $"tenant:{owners}-{accounts}-{i}", accounts, time, cancellation))));
            var took = runs.SelectMany(r => r).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}, {owners} owners, {accounts} accounts: {took.Length / time.TotalSeconds:F0} writes/s, p50 {took[took.Length / 2].TotalMilliseconds:F2} ms, p99 {took[took.Length * 99 / 100].TotalMilliseconds:F2} ms"));
        }
    }
}
