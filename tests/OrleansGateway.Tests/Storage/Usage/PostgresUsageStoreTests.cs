using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public sealed class PostgresUsageStoreTests(SharedPostgres postgres) : UsageStoreContract, IAsyncLifetime
{
    private readonly List<PostgresDatabase> _databases = [];
    private string _connection = "";

    public async ValueTask InitializeAsync() => _connection = await postgres.NewDatabaseAsync();

    [Fact(Timeout = 180_000)]
    public async Task ApplyAsync_WhenPostgresIsKilled_FailsWholeAndGoesOnAfterIt()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var database = await OpenAsync(await cluster.NewDatabaseAsync());
        var store = new PostgresUsageStore(database);
        var records = new UsageRecords(seed: 1, DateTimeOffset.UnixEpoch.AddYears(50), TimeSpan.FromHours(1)).Many(40);
        await store.ApplyAsync([.. records.Take(5)], Cancel);
        await cluster.KillAsync();
        await Assert.ThrowsAsync<UsageStoreException>(async () => await store.ApplyAsync(records, Cancel));
        await Assert.ThrowsAsync<UsageStoreException>(async () => await store.SumChargesAsync(Cancel));
        await cluster.RestartAsync();
        Assert.Equal(new UsageApplied(35, 5), await store.ApplyAsync(records, Cancel));
        Assert.Empty(await store.CompareRollupsAsync(10, Cancel));
    }

    private protected override async Task<IUsageStore> OpenAsync(int tuplesPerTenant = 100_000)
    {
        _databases.Add(await OpenAsync(_connection));
        return new PostgresUsageStore(_databases[^1], tuplesPerTenant);
    }

    private protected override async Task TamperAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql.Replace("{0}", "gateway.", StringComparison.Ordinal), connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static Task<PostgresDatabase> OpenAsync(string connection) =>
        PostgresDatabase.OpenAsync(connection, new ManualTime(), NullLogger<PostgresDatabase>.Instance, Cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases) await database.DisposeAsync();
    }
}
