using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public abstract partial class UsageStoreContract
{
    // Summer time begins on the days of these records in Berlin, and at midnight in Beirut; the others have quarters and halves of hours, or shift by one.
    private static readonly string[] s_zones = ["UTC", "Europe/Berlin", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"];

    private static readonly UsageDimension[] s_dimensions = Enum.GetValues<UsageDimension>();

    [Theory(Timeout = 240_000)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public async Task ReportAsync_OfAnyQuestion_SaysWhatTheRecordsSay(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var maker = new UsageRecords(seed, s_from, TimeSpan.FromDays(9));
        var records = maker.Many(1_500);
        foreach (var batch in maker.Shuffled(records, batchMax: 400)) await store.ApplyAsync(batch, Cancel);
        for (var i = 0; i < 60; i++)
        {
            var query = Any(random);
            var report = await Reports(store).ReportAsync(query, Cancel);
            var (expected, found) = (UsageTruth.Report(records, query), UsageTruth.Describe(report));
            Assert.True(expected == found, $"question {i}: {query} by {string.Join(',', query.By)} only {string.Join(',', query.Only.Keys)} in {query.Zone.Id}\n{expected}\n{found}");
            Assert.Null(report.ExactFrom);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ReportAsync_OfImpossibleQuestions_SaysSo()
    {
        var store = await OpenAsync();
        await store.ApplyAsync(new UsageRecords(seed: 5, s_from, TimeSpan.FromHours(1)).Many(5), Cancel);
        Assert.Empty((await Reports(store).ReportAsync(All with { To = All.From }, Cancel)).Rows);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Reports(store).ReportAsync(All with { Limit = 0 }, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Reports(store).ReportAsync(All with { To = All.From.AddDays(80), Step = UsageStep.Minute }, Cancel));
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>> { [UsageDimension.Tenant] = [] };
        Assert.Equal(default, (await Reports(store).ReportAsync(All with { Only = only }, Cancel)).Total);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(31)]
    [InlineData(32)]
    public async Task ReadAsync_OfAnyQuestion_AnswersTheRecordsInOrder(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var records = new UsageRecords(seed, s_from, TimeSpan.FromDays(2)).Many(1_400);
        await store.ApplyAsync(records, Cancel);
        for (var i = 0; i < 20; i++)
        {
            var any = Any(random);
            var query = new UsageRecordQuery
            {
                From = random.Next(2) == 0 ? any.From : null,
                To = random.Next(2) == 0 ? any.To : null,
                Only = random.Next(2) == 0 ? any.Only : new Dictionary<UsageDimension, IReadOnlyList<string>>(),
                RequestId = random.Next(4) == 0 ? records[random.Next(records.Count)].RequestId : null,
                After = random.Next(2) == 0 && records[random.Next(records.Count)] is var after ? new UsageCursor(after.At, after.Id) : null,
                NewestFirst = random.Next(2) == 0,
            };
            var found = await Reports(store).ReadAsync(query, Cancel).Select(UsageRecordText.Of).ToArrayAsync(Cancel);
            Assert.Equal(Expected(records, query).Select(UsageRecordText.Of), found);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task SumChargesAsync_OfRecords_SaysWhatEachAccountWasCharged()
    {
        var store = await OpenAsync();
        var records = new UsageRecords(seed: 6, s_from, TimeSpan.FromDays(2)).Many(700);
        await store.ApplyAsync(records, Cancel);
        var expected = records.SelectMany(r => r.Charges).GroupBy(c => (c.Account, c.Period))
            .Select(g => new UsageCharge(g.Key.Account, g.Key.Period, g.Sum(c => c.Amount)))
            .OrderBy(c => c.Account.Rule, StringComparer.Ordinal).ThenBy(c => c.Account.Scope, StringComparer.Ordinal).ThenBy(c => c.Period);
        Assert.Equal(expected, await Reports(store).SumChargesAsync(Cancel));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("UPDATE {0}usage_minutes SET cost_input = cost_input + 1 WHERE bucket = (SELECT min(bucket) FROM {0}usage_minutes)", UsageStep.Minute)]
    [InlineData("UPDATE {0}usage_hours SET failed = failed - 1 WHERE bucket = (SELECT max(bucket) FROM {0}usage_hours)", UsageStep.Hour)]
    [InlineData("UPDATE {0}usage_days SET tuple = -tuple WHERE bucket = (SELECT max(bucket) FROM {0}usage_days)", UsageStep.Day)]
    [InlineData("DELETE FROM {0}usage_days WHERE bucket = (SELECT max(bucket) FROM {0}usage_days)", UsageStep.Day)]
    [InlineData("DELETE FROM {0}usage_records WHERE at = (SELECT min(at) FROM {0}usage_records)", UsageStep.Minute)]
    [InlineData("UPDATE {0}usage_records SET record = tags WHERE at = (SELECT min(at) FROM {0}usage_records)", UsageStep.Minute)]
    [InlineData("UPDATE {0}usage_records SET tuple = tuple + 1 WHERE at = (SELECT max(at) FROM {0}usage_records)", UsageStep.Day)]
    [InlineData("INSERT INTO {0}usage_minutes SELECT m.* FROM {0}usage_minutes AS m WHERE 1 = 0; UPDATE {0}usage_hours SET bucket = bucket + 3600000000 WHERE bucket = (SELECT max(bucket) FROM {0}usage_hours)", UsageStep.Hour)]
    public async Task CompareRollupsAsync_AfterSomebodyChangedThem_FindsIt(string tampering, object step)
    {
        var store = await OpenAsync();
        await store.ApplyAsync(new UsageRecords(seed: 7, s_from, TimeSpan.FromDays(2)).Many(200), Cancel);
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
        await TamperAsync(tampering);
        var differences = await Reports(store).CompareRollupsAsync(100, Cancel);
        Assert.Contains(differences, d => d.Step == (UsageStep)step && d.Stored != d.Counted);
        Assert.Single(await Reports(store).CompareRollupsAsync(1, Cancel));
    }

    private static IEnumerable<UsageRecord> Expected(IEnumerable<UsageRecord> records, UsageRecordQuery query)
    {
        var found = records.Where(r => (query.From is null || r.At >= query.From) && (query.To is null || r.At < query.To) && (query.RequestId is null || r.RequestId == query.RequestId))
            .Where(r => query.Only.All(o => o.Key == UsageDimension.Tag ? (r.Tags.Count == 0 ? [""] : r.Tags).Any(o.Value.Contains) : o.Value.Contains(UsageDimensions.Of(r, o.Key))))
            .OrderBy(r => r.At).ThenBy(r => r.Id).AsEnumerable();
        if (query.After is { } after) found = found.Where(r => (r.At, r.Id).CompareTo((after.At, after.Id)) is var order && (query.NewestFirst ? order < 0 : order > 0));
        return query.NewestFirst ? found.Reverse() : found;
    }

    private static UsageQuery Any(Random random)
    {
        var from = s_from.AddMinutes(random.Next(-2_000, 14_000));
        if (random.Next(3) == 0) from = from.AddTicks(10L * random.Next(60_000_000));
        var to = from + TimeSpan.FromMicroseconds(random.NextInt64(random.Next(5) == 0 ? 120_000_000L : 864_000_000_000L));
        var step = (UsageStep)random.Next(6);
        if (step is UsageStep.Minute) to = from.AddMinutes(random.Next(600));
        var by = s_dimensions.Where(_ => random.Next(8) == 0).ToArray();
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>>();
        if (random.Next(3) == 0) only[UsageDimension.Tenant] = ["acme", ""];
        if (random.Next(5) == 0) only[UsageDimension.Model] = ["gpt-5", "fast"];
        if (random.Next(5) == 0) only[UsageDimension.User] = ["", "ünï\0\\ \ud800"];
        if (random.Next(5) == 0) only[UsageDimension.Tag] = random.Next(2) == 0 ? ["batch"] : ["night", ""];
        // Tags have rollups of their own only by tenant.
        if (random.Next(4) == 0) (by, only) = (random.Next(2) == 0 ? [UsageDimension.Tag] : [UsageDimension.Tag, UsageDimension.Tenant], []);
        return new UsageQuery
        {
            From = from,
            To = to,
            Step = step,
            Zone = TimeZoneInfo.FindSystemTimeZoneById(s_zones[random.Next(s_zones.Length)]),
            By = by,
            Only = only,
            Limit = random.Next(3) == 0 ? random.Next(1, 20) : 100_000,
            Offset = random.Next(3) == 0 ? random.Next(20) : 0,
        };
    }
}
