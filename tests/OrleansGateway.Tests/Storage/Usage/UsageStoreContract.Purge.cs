using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public abstract partial class UsageStoreContract
{
    [Theory(Timeout = 120_000)]
    [InlineData(41)]
    [InlineData(42)]
    public async Task PurgeAsync_OfWhatIsOld_LeavesReportsAsExactAsTheRollupsThatAreKept(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var other = await OpenAsync();
        var records = new UsageRecords(seed, s_from, TimeSpan.FromDays(8)).Many(1_500);
        await store.ApplyAsync(records, Cancel);
        await other.ApplyAsync(records, Cancel);
        var (hours, kept) = (s_from.AddDays(3), s_from.AddDays(5).AddHours(1));
        Assert.True(await store.PurgeAsync(new UsageCutoffs(s_from.AddDays(-1), hours, kept), Cancel) > 1_000);
        Assert.Equal(records.Count(r => r.At >= kept), await Reports(store).ReadAsync(new UsageRecordQuery(), Cancel).CountAsync(Cancel));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
        for (var i = 0; i < 40; i++)
        {
            var query = Any(random);
            if (query.By.Contains(UsageDimension.Tag) || query.Only.ContainsKey(UsageDimension.Tag)) continue;
            var report = await Reports(store).ReportAsync(query, Cancel);
            if (report.ExactFrom is null || query.From >= kept) Assert.Equal(UsageTruth.Report(records, query), UsageTruth.Describe(report));
            // Of the steps behind, each is right.
            else Assert.InRange(report.ExactFrom.Value, s_from.AddDays(-3), kept);
        }

        // The sum of days in UTC is the whole, and knows nothing of what went.
        var days = All with { From = s_from.AddDays(-1).Date.ToUniversalTime(), Step = UsageStep.Day, By = [UsageDimension.Tenant] };
        Assert.Equal(UsageTruth.Report(records, days), UsageTruth.Describe(await Reports(store).ReportAsync(days, Cancel)));
        Assert.Equal(0, await other.PurgeAsync(new UsageCutoffs(s_from.AddDays(-1), hours, kept), Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task PurgeAsync_OfEverything_ForgetsNamesToo_AndWhoWritesLearnsOfIt()
    {
        var (store, other) = (await OpenAsync(), await OpenAsync());
        var old = new UsageRecords(seed: 8, s_from, TimeSpan.FromDays(1)).Many(100);
        await store.ApplyAsync(old, Cancel);
        await other.ApplyAsync(old, Cancel);
        var end = s_from.AddDays(4);
        await store.PurgeAsync(new UsageCutoffs(end, end, end), Cancel);
        Assert.Equal(default, (await Reports(store).ReportAsync(All, Cancel)).Total);
        // Under the same names again: with numbers of its memory they would be nobody's.
        var later = new UsageRecords(seed: 8, end.AddDays(1), TimeSpan.FromDays(1)).Many(100);
        foreach (var batch in later.Chunk(50)) await (batch[0] == later[0] ? other : store).ApplyAsync(batch, Cancel);
        await CheckAsync(store, later);
    }
}
