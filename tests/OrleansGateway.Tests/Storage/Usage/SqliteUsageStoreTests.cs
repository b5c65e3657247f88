using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public sealed class SqliteUsageStoreTests : UsageStoreContract, IAsyncLifetime
{
    private readonly StateFolder _folder = new();
    private readonly List<SqliteUsageStore> _stores = [];
    private SqliteDatabase _database = null!;

    public ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.OpenUsage(_folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_WhenAnotherProgramHoldsTheDatabase_FailsWholeAndWorksAgainAfterwards()
    {
        var store = await OpenAsync();
        var records = new UsageRecords(seed: 1, DateTimeOffset.UnixEpoch.AddYears(50), TimeSpan.FromHours(1)).Many(20);
        await store.ApplyAsync([.. records.Take(5)], Cancel);
        using (var other = _database.Connect())
        using (other.BeginTransaction(deferred: false))
        {
            await Assert.ThrowsAsync<UsageStoreException>(async () => await store.ApplyAsync(records, Cancel));
            // Who reads does not wait.
            Assert.Equal(5, await Reports(store).ReadAsync(new UsageRecordQuery(), Cancel).CountAsync(Cancel));
        }

        Assert.Equal(new UsageApplied(15, 5), await store.ApplyAsync(records, Cancel));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_WhenAWriteFailsHalfway_LeavesNothingOfIt()
    {
        var store = await OpenAsync();
        var records = new UsageRecords(seed: 1, DateTimeOffset.UnixEpoch.AddYears(50), TimeSpan.FromHours(1)).Many(20);
        await TamperAsync("CREATE TRIGGER full BEFORE INSERT ON usage_days BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        var failed = await Assert.ThrowsAsync<UsageStoreException>(async () => await store.ApplyAsync(records, Cancel));
        Assert.Contains("full", failed.Message, StringComparison.Ordinal);
        Assert.Empty(await Reports(store).ReadAsync(new UsageRecordQuery(), Cancel).ToArrayAsync(Cancel));
        await TamperAsync("DROP TRIGGER full");
        Assert.Equal(new UsageApplied(20, 0), await store.ApplyAsync(records, Cancel));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public void OpenUsage_OfADatabaseFromBeforeThereWereNarrowViews_AsksThemFromTheNextDayOn()
    {
        using var folder = new StateFolder();
        using (var older = new SqliteConnection($"Data Source={Path.Combine(folder.Path, SqliteDatabase.UsageFileName)}; Pooling=false"))
        {
            older.Open();
            Migrations.Apply(older, [UsageSchema.Sqlite[0]], DateTimeOffset.UnixEpoch);
            older.Execute($"INSERT INTO usage_days VALUES (1774569600000000, 1, {string.Join(", ", Enumerable.Repeat(0, SumColumns.Count))})");
        }

        using var database = SqliteDatabase.OpenUsage(folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
        using var connection = database.Connect();
        Assert.Equal(1774569600000000 + 86_400_000_000, connection.ExecuteScalar<long>("SELECT views FROM usage_state"));
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_AfterItWasClosed_SaysSo()
    {
        var store = (SqliteUsageStore)await OpenAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<UsageStoreException>(async () => await store.ApplyAsync(new UsageRecords(1, DateTimeOffset.UnixEpoch, TimeSpan.FromHours(1)).Many(1), Cancel));
    }

    private protected override Task<IUsageStore> OpenAsync(int tuplesPerTenant = 100_000)
    {
        _stores.Add(new SqliteUsageStore(_database, tuplesPerTenant));
        return Task.FromResult<IUsageStore>(_stores[^1]);
    }

    private protected override async Task TamperAsync(string sql)
    {
        await using var connection = _database.Connect();
        connection.Execute(sql.Replace("{0}", "", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        _database.Dispose();
        _folder.Dispose();
    }
}
