using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageCrashTests(SharedPostgres postgres) : IDisposable
{
    private const int Kills = 25;

    private readonly StateFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 600_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public async Task Records_OfAnEdgeThatIsKilledOftenAtAnyMoment_AreEachInSqliteOnce(int seed)
    {
        var promised = await KillAsync(seed, "usage", _folder.Path);
        await using var store = UsageChild.OpenStore(_folder.Path);
        await CheckAsync(promised, store, store);
    }

    [Theory(Timeout = 600_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public async Task Records_OfAnEdgeThatIsKilledOftenAtAnyMoment_AreEachInPostgresOnce(int seed)
    {
        var connection = await postgres.NewDatabaseAsync();
        var promised = await KillAsync(seed, "usage-log-postgres", $"{_folder.Path}\n{connection}");
        await using var database = await UsageChild.OpenDatabaseAsync(connection);
        var store = new PostgresUsageStore(database);
        await CheckAsync(promised, store, store);
    }

    public void Dispose() => _folder.Dispose();

    // What was appended by each session before it was killed.
    private static async Task<Dictionary<Guid, int>> KillAsync(int seed, string work, string at)
    {
        var random = new Random(seed);
        var promised = new Dictionary<Guid, int>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var child = Child.Start(work, at);
            await child.Output.WaitForAsync($"appended {random.Next(1, 60) * UsageChild.RecordsInALine}.", Cancel);
            await child.KillAsync(Cancel);
            await child.Output.Ended;
            var last = child.Output.Lines.Last(l => l.Contains('.', StringComparison.Ordinal) && l.Length > 40).Split(' ');
            promised.Add(Guid.ParseExact(last[2], "N"), int.Parse(last[1].TrimEnd('.'), CultureInfo.InvariantCulture));
        }

        return promised;
    }

    private async Task CheckAsync(Dictionary<Guid, int> promised, IUsageStore store, IUsageReports reports)
    {
        await using var log = UsageChild.OpenLog(_folder.Path, new Guid(1, 2, 3, new byte[8]));
        await using var shipper = UsageChild.Ship(_folder.Path, log, store);
        await log.FlushAsync(Cancel);
        var found = new Dictionary<Guid, List<int>>();
        await foreach (var record in reports.ReadAsync(new UsageRecordQuery(), Cancel))
        {
            if (!found.TryGetValue(record.Edge, out var numbers)) found.Add(record.Edge, numbers = []);
            numbers.Add(record.Attempt);
        }

        Assert.Equal(promised.Keys.Order(), found.Keys.Order());
        foreach (var (session, numbers) in found)
        {
            // What was promised, and what was under way when it was killed: none missing, none twice.
            Assert.Equal(Enumerable.Range(1, numbers.Count), numbers.Order());
            Assert.InRange(numbers.Count, promised[session], promised[session] + UsageChild.RecordsInALine);
        }

        var at = TimeProvider.System.GetUtcNow();
        var report = await reports.ReportAsync(new UsageQuery { From = at.AddDays(-1), To = at.AddDays(1) }, Cancel);
        Assert.Equal(found.Values.Sum(n => (long)n.Count * (n.Count + 1) / 2), report.Total.Cost.Total);
        Assert.Empty(await reports.CompareRollupsAsync(10, Cancel));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.piece", SearchOption.AllDirectories));
        Assert.Single(Directory.GetDirectories(_folder.File("usage")));
        await shipper.StopAsync(TimeSpan.FromSeconds(10));
    }
}
