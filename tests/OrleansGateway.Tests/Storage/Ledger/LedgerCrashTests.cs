using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using static OrleansGateway.Tests.Storage.Ledger.LedgerRows;

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>What a ledger said is written is there, whole, whoever is killed; what was under way is there whole or not at all.</summary>
public sealed class LedgerCrashTests(SharedPostgres postgres)
{
    private const int Kills = 5;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Kill_OfTheWriterOnSqlite_LosesNothingThatWasAcknowledged()
    {
        using var folder = new StateFolder();
        for (var kill = 1; kill <= Kills; kill++)
        {
            var acknowledged = await SpendAsync("ledger-sqlite", folder.Path, kill * 20);
            using var database = SqliteDatabase.OpenLedger(folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
            await using var store = new SqliteLedgerStore(database, new ManualTime());
            await CheckAsync(store, acknowledged);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Kill_OfTheWriterOnPostgres_LosesNothingThatWasAcknowledged()
    {
        var connection = await postgres.NewDatabaseAsync();
        for (var kill = 1; kill <= Kills; kill++)
        {
            var acknowledged = await SpendAsync("ledger-postgres", connection, kill * 20);
            await using var database = await OpenAsync(connection);
            await CheckAsync(new PostgresLedgerStore(database, new ManualTime()), acknowledged);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Kill_OfPostgresItself_LosesNothingAndTheStoreGoesOnAfterIt()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var database = await OpenAsync(await cluster.NewDatabaseAsync());
        var store = new PostgresLedgerStore(database, new ManualTime());
        var written = 0L;
        for (var kill = 0; kill < 3; kill++)
        {
            var version = (await store.AcquireAsync(Owner, Cancel)).Version;
            var (target, reached) = (written + 50, new TaskCompletionSource());
            var spending = Task.Run(async () =>
            {
                while (true)
                {
                    await store.WriteAsync(LedgerRows.Write(version++, Account(1_000_000 - written - 1, written + 1)), Cancel);
                    if (++written == target) reached.SetResult();
                }
            }, Cancel);
            await Task.WhenAny(reached.Task, spending);
            await cluster.KillAsync();
            await Assert.ThrowsAsync<LedgerException>(() => spending);
            await Assert.ThrowsAsync<LedgerException>(async () => await store.AcquireAsync(Owner, Cancel));
            await cluster.RestartAsync();
            var posted = Assert.Single((await store.AcquireAsync(Owner, Cancel)).Accounts).Posted;
            // The one whose answer was lost may be there.
            Assert.InRange(posted, written, written + 1);
            written = posted;
        }
    }

    private static async Task<long> SpendAsync(string work, string at, int writes)
    {
        await using var child = Child.Start(work, at);
        await child.Output.WaitForAsync($" {writes} in this life", Cancel);
        await child.KillAsync(Cancel);
        // The last line may be cut by the kill.
        return long.Parse(child.Output.Lines[^2].Split(',')[0], CultureInfo.InvariantCulture);
    }

    private static async Task CheckAsync(ILedgerStore store, long acknowledged)
    {
        var record = (await store.ReadAsync(Owner, Cancel))!;
        var spent = record.Accounts[0].Posted;
        Assert.True(spent >= acknowledged, $"{acknowledged} were acknowledged, {spent} are there");
        Assert.Equal(LedgerChild.Accounts, record.Accounts.Count);
        Assert.All(record.Accounts, a => Assert.Equal((spent, LedgerChild.Limit), (a.Posted, a.Limit)));
        Assert.Equal(LedgerChild.Accounts, record.Leases.Count);
        Assert.All(record.Leases, l => Assert.Equal((spent, spent), (l.Granted, l.Posted)));
        var acts = (await ((ILedgerHistory)store).ReadHistoryAsync(new LedgerHistoryQuery(Owner, Limit: 10_000), Cancel)).Adjustments;
        Assert.Equal(spent / 3, acts.Count);
    }

    private static Task<PostgresDatabase> OpenAsync(string connection) =>
        PostgresDatabase.OpenAsync(connection, new ManualTime(), NullLogger<PostgresDatabase>.Instance, Cancel);
}
