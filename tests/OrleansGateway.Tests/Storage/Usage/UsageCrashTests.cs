using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

/// <summary>Whoever is killed: a batch is there whole, in records and in rollups, or not at all.</summary>
public sealed class UsageCrashTests(SharedPostgres postgres)
{
    private static readonly int[] s_batches = [3, 10, 22, 45];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Kill_OfWhoAppliesToSqlite_LeavesWholeBatches()
    {
        using var folder = new StateFolder();
        foreach (var batches in s_batches)
        {
            await ApplyAsync("usage-sqlite", folder.Path, batches);
            await using var store = new SqliteUsageStore(SqliteDatabase.OpenUsage(folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance));
            await CheckAsync(store, store, batches);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Kill_OfWhoAppliesToPostgres_LeavesWholeBatches()
    {
        var connection = await postgres.NewDatabaseAsync();
        foreach (var batches in s_batches)
        {
            await ApplyAsync("usage-postgres", connection, batches);
            await using var database = await PostgresDatabase.OpenAsync(connection, new ManualTime(), NullLogger<PostgresDatabase>.Instance, Cancel);
            var store = new PostgresUsageStore(database);
            await CheckAsync(store, store, batches);
        }
    }

    private static async Task ApplyAsync(string work, string at, int batches)
    {
        await using var child = Child.Start(work, at);
        await child.Output.WaitForAsync($"{batches} in this life", Cancel);
        await child.KillAsync(Cancel);
    }

    private static async Task CheckAsync(IUsageStore store, IUsageReports reports, int batches)
    {
        var records = UsageChild.Records;
        var found = await reports.ReadAsync(new UsageRecordQuery(), Cancel).Select(r => r.Id).ToHashSetAsync(null, Cancel);
        var size = records.Count / 40;
        Assert.True(found.Count >= Math.Min(batches * size, records.Count), $"{batches} batches were acknowledged, {found.Count} records are there");
        Assert.All(records.Chunk(size), batch => Assert.Single(batch.Select(r => found.Contains(r.Id)).Distinct()));
        Assert.Empty(await reports.CompareRollupsAsync(10, Cancel));
        var query = new UsageQuery { From = DateTimeOffset.UnixEpoch, To = DateTimeOffset.UnixEpoch.AddYears(100), By = [UsageDimension.Tenant, UsageDimension.Provider] };
        Assert.Equal(UsageTruth.Report(records.Where(r => found.Contains(r.Id)), query), UsageTruth.Describe(await reports.ReportAsync(query, Cancel)));
        // Applied again it changes nothing but what was missing.
        if (found.Count == records.Count) Assert.Equal(new UsageApplied(0, records.Count), await store.ApplyAsync(records, Cancel));
    }
}
