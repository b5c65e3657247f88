using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

/// <summary>What every usage store promises. Each store runs it.</summary>
public abstract partial class UsageStoreContract
{
    private const string CountVariable = "GATEWAY_TEST_USAGE_RECORDS";

    private static readonly DateTimeOffset s_from = new(2026, 3, 27, 21, 17, 33, TimeSpan.Zero);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Another store on the same database, as another program has it.</summary>
    private protected abstract Task<IUsageStore> OpenAsync(int tuplesPerTenant = 100_000);

    /// <summary>What no gateway does.</summary>
    private protected abstract Task TamperAsync(string sql);

    private protected static IUsageReports Reports(IUsageStore store) => (IUsageReports)store;

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_OfWhatIsThere_ChangesNothing()
    {
        var store = await OpenAsync();
        var records = new UsageRecords(seed: 1, s_from, TimeSpan.FromHours(3)).Many(50);
        Assert.Equal(new UsageApplied(0, 0), await store.ApplyAsync([], Cancel));
        Assert.Equal(new UsageApplied(30, 10), await store.ApplyAsync([.. records.Take(30), .. records.Take(10)], Cancel));
        Assert.Equal(new UsageApplied(20, 30), await store.ApplyAsync(records, Cancel));
        Assert.Equal(new UsageApplied(0, 50), await (await OpenAsync()).ApplyAsync(records, Cancel));
        await CheckAsync(store, records);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ApplyAsync_OfAnyRecords_KeepsThemWhole(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var records = Enumerable.Range(0, 200).Select(_ => TestRecords.Any(random)).ToArray();
        // Figures that nobody can sum up are refused, below.
        records = [.. records.Select(r => r with { Tokens = default, Cost = default, Duration = default, ToFirstByte = null, At = new(r.At.Ticks / 10 * 10, TimeSpan.Zero) })];
        await store.ApplyAsync(records, Cancel);
        var read = await Reports(store).ReadAsync(new UsageRecordQuery(), Cancel).ToArrayAsync(Cancel);
        Assert.Equal(records.OrderBy(r => r.At).ThenBy(r => r.Id).Select(Text), read.Select(Text));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));

        static string Text(UsageRecord r) => $"{UsageRecordText.Of(r)}";
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_OfAFigureThatNobodyCanSumUp_RefusesItAndWritesNothing()
    {
        var store = await OpenAsync();
        var records = new UsageRecords(seed: 2, s_from, TimeSpan.FromHours(1)).Many(3);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync([.. records, records[0] with { Id = new Guid(1, 2, 3, new byte[8]), Tokens = new() { Input = long.MaxValue } }], Cancel));
        Assert.Equal(new UsageApplied(3, 0), await store.ApplyAsync(records, Cancel));
    }

    /// <summary>The count is 50,000, and 1,000,000 where an environment variable says so.</summary>
    [Fact(Timeout = 3_600_000)]
    public async Task ApplyAsync_OfManyOutOfOrderAndATenthTwice_SumsUpExactly()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable(CountVariable), CultureInfo.InvariantCulture, out var asked) ? asked : 50_000;
        // No tenant may have too many values to keep apart: a million made-up records have.
        var (store, maker) = (await OpenAsync(tuplesPerTenant: int.MaxValue), new UsageRecords(seed: 3, s_from, TimeSpan.FromDays(3)));
        var records = maker.Many(count);
        var applied = default(UsageApplied);
        foreach (var batch in maker.Shuffled(records, batchMax: 20_000))
        {
            var (added, known) = await store.ApplyAsync(batch, Cancel);
            applied = new UsageApplied(applied.Added + added, applied.Known + known);
        }

        Assert.Equal(count, applied.Added);
        Assert.InRange(applied.Known, count / 11, count / 9);
        foreach (var step in (UsageStep[])[UsageStep.Day, UsageStep.Hour, UsageStep.None])
        {
            var query = new UsageQuery { From = s_from, To = s_from.AddDays(4), Step = step, By = [UsageDimension.Tenant, UsageDimension.Model], Limit = 100_000 };
            Assert.Equal(UsageTruth.Report(records, query), UsageTruth.Describe(await Reports(store).ReportAsync(query, Cancel)));
        }

        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(11)]
    [InlineData(12)]
    public async Task ApplyAsync_OfManyAtOnce_IsExactWhoeverIsFirst(int seed)
    {
        var maker = new UsageRecords(seed, s_from, TimeSpan.FromMinutes(5));
        var records = maker.Many(1_200);
        var stores = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OpenAsync()));
        var orders = stores.Select(_ => maker.Shuffled(records, batchMax: 150)).ToArray();
        var added = await Task.WhenAll(stores.Zip(orders, (store, batches) => Task.Run(async () =>
        {
            var sum = 0;
            foreach (var batch in batches) sum += (await store.ApplyAsync(batch, Cancel)).Added;
            return sum;
        }, Cancel)));
        Assert.Equal(records.Count, added.Sum());
        await CheckAsync(stores[0], records);
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_WhenATenantHasTooManyTuples_CountsNewOnesTogetherAndLosesNothing()
    {
        var records = new UsageRecords(seed: 4, s_from, TimeSpan.FromHours(2)).Many(400).Select((r, i) => r with { Model = $"made-up-{i}", Tags = [$"tag-{i}"] }).ToArray();
        var few = await OpenAsync(tuplesPerTenant: 20);
        foreach (var batch in records.Chunk(70)) await few.ApplyAsync(batch, Cancel);
        var report = await Reports(few).ReportAsync(All with { By = [UsageDimension.Model], Limit = 1_000 }, Cancel);
        Assert.Contains(report.Rows, r => r.Values[0] == UsageDimensions.Other && r.Sums.Attempts > 100);
        Assert.InRange(report.Rows.Count, 10, 100);
        Assert.Equal(UsageTruth.Sum(records), report.Total);
        var tags = await Reports(few).ReportAsync(All with { By = [UsageDimension.Tag], Limit = 1_000 }, Cancel);
        Assert.Contains(tags.Rows, r => r.Values[0] == UsageDimensions.Other);
        Assert.Equal(UsageTruth.Sum(records), tags.Total);
        Assert.Empty(await Reports(few).CompareRollupsAsync(10, Cancel));
        // Known, however little room there is.
        Assert.Equal(new UsageApplied(0, 400), await (await OpenAsync(tuplesPerTenant: 1)).ApplyAsync(records, Cancel));
    }

    private static UsageQuery All => new() { From = s_from.AddDays(-1), To = s_from.AddDays(9) };

    private static async Task CheckAsync(IUsageStore store, IReadOnlyList<UsageRecord> records)
    {
        foreach (var step in Enum.GetValues<UsageStep>())
        {
            var query = All with { Step = step, By = [UsageDimension.Tenant, UsageDimension.User, UsageDimension.Outcome], Limit = 100_000 };
            Assert.Equal(UsageTruth.Report(records, query), UsageTruth.Describe(await Reports(store).ReportAsync(query, Cancel)));
        }

        var read = await Reports(store).ReadAsync(new UsageRecordQuery(), Cancel).Select(r => r.Id).ToArrayAsync(Cancel);
        Assert.Equal(records.OrderBy(r => r.At).ThenBy(r => r.Id).Select(r => r.Id), read);
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
    }
}
