using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public abstract partial class UsageStoreContract
{
    private static readonly UsageDimension[][] s_views =
    [
        [UsageDimension.Route, UsageDimension.Operation, UsageDimension.Model, UsageDimension.Provider, UsageDimension.TargetModel],
        [UsageDimension.Tenant, UsageDimension.Team, UsageDimension.Route, UsageDimension.Operation, UsageDimension.Model, UsageDimension.Provider, UsageDimension.TargetModel],
        [UsageDimension.Tenant, UsageDimension.Team, UsageDimension.User, UsageDimension.Key],
    ];

    [Theory(Timeout = 120_000)]
    [InlineData(51)]
    [InlineData(52)]
    public async Task ReportAsync_OfWhatANarrowViewHas_SaysWhatTheRecordsSay_AndReadsNothingElse(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var maker = new UsageRecords(seed, s_from, TimeSpan.FromDays(9));
        var records = maker.Many(1_500);
        foreach (var batch in maker.Shuffled(records, batchMax: 400)) await store.ApplyAsync(batch, Cancel);
        await TamperAsync("DELETE FROM {0}usage_minutes; DELETE FROM {0}usage_hours; DELETE FROM {0}usage_days");
        for (var i = 0; i < 60; i++)
        {
            var query = Narrow(random);
            var (expected, found) = (UsageTruth.Report(records, query), UsageTruth.Describe(await Reports(store).ReportAsync(query, Cancel)));
            Assert.True(expected == found, $"question {i}: {query} by {string.Join(',', query.By)} only {string.Join(',', query.Only.Keys)} in {query.Zone.Id}\n{expected}\n{found}");
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(61)]
    [InlineData(62)]
    public async Task ReportAsync_OfTheTimeBeforeThereWereNarrowViews_SaysWhatTheRecordsSay(int seed)
    {
        var (store, random) = (await OpenAsync(), new Random(seed));
        var records = new UsageRecords(seed, s_from, TimeSpan.FromDays(9)).Many(1_500);
        await store.ApplyAsync(records, Cancel);
        var since = new DateTimeOffset(s_from.AddDays(4).UtcDateTime.Date, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000;
        // Of the last day before, records may have come after the upgrade.
        foreach (var view in (string[])["models", "teams", "keys"])
        {
            foreach (var grain in (string[])["hours", "days"]) await TamperAsync(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM {{0}}usage_{grain}_{view} WHERE bucket < {since - 7_200_000_000}"));
        }

        await TamperAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE {{0}}usage_state SET views = {since}"));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
        for (var i = 0; i < 60; i++)
        {
            var query = Narrow(random);
            var (expected, found) = (UsageTruth.Report(records, query), UsageTruth.Describe(await Reports(store).ReportAsync(query, Cancel)));
            Assert.True(expected == found, $"question {i}: {query} by {string.Join(',', query.By)} only {string.Join(',', query.Only.Keys)} in {query.Zone.Id}\n{expected}\n{found}");
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("UPDATE {0}usage_hours_models SET cost_input = cost_input + 1 WHERE bucket = (SELECT min(bucket) FROM {0}usage_hours_models)", UsageStep.Hour)]
    [InlineData("DELETE FROM {0}usage_hours_teams WHERE bucket = (SELECT max(bucket) FROM {0}usage_hours_teams)", UsageStep.Hour)]
    [InlineData("UPDATE {0}usage_days_keys SET tuple = -tuple WHERE bucket = (SELECT max(bucket) FROM {0}usage_days_keys)", UsageStep.Day)]
    [InlineData("UPDATE {0}usage_days_models SET attempts = attempts + 1", UsageStep.Day)]
    [InlineData("UPDATE {0}usage_tuples SET route = 'other' WHERE view_name = 'teams'", UsageStep.Hour)]
    [InlineData("UPDATE {0}usage_hours_keys SET bucket = bucket + 864000000000 WHERE bucket = (SELECT max(bucket) FROM {0}usage_hours_keys)", UsageStep.Hour)]
    public async Task CompareRollupsAsync_AfterSomebodyChangedANarrowView_FindsIt(string tampering, object step)
    {
        var store = await OpenAsync();
        await store.ApplyAsync(new UsageRecords(seed: 7, s_from, TimeSpan.FromDays(2)).Many(200), Cancel);
        await TamperAsync(tampering);
        Assert.Contains(await Reports(store).CompareRollupsAsync(1_000, Cancel), d => d.Step == (UsageStep)step && d.Stored != d.Counted);
    }

    [Fact(Timeout = 60_000)]
    public async Task PurgeAsync_OfDaysOfANarrowView_KeepsWhatWasUsedLater_WhateverCameFirst()
    {
        var store = await OpenAsync();
        var day = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var one = new UsageRecords(seed: 9, day, TimeSpan.FromHours(1)).One();
        // Of one view, and counted apart: the later one comes first, in the order of their ids.
        UsageRecord[] records = [one with { Id = new Guid(1, 0, 0, new byte[8]), At = day.AddDays(5), Error = "one" }, one with { Id = new Guid(2, 0, 0, new byte[8]), At = day, Error = "two" }];
        await store.ApplyAsync(records, Cancel);
        var cutoff = day.AddDays(4);
        await store.PurgeAsync(new UsageCutoffs(cutoff, cutoff, cutoff), Cancel);
        var query = new UsageQuery { From = cutoff, To = day.AddDays(6), By = [UsageDimension.Model] };
        Assert.Equal(UsageTruth.Report(records[..1], query), UsageTruth.Describe(await Reports(store).ReportAsync(query, Cancel)));
        Assert.Empty(await Reports(store).CompareRollupsAsync(10, Cancel));
    }

    private static UsageQuery Narrow(Random random)
    {
        var view = s_views[random.Next(s_views.Length)];
        var from = new DateTimeOffset(s_from.UtcDateTime.Date, TimeSpan.Zero).AddHours(random.Next(-30, 200));
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>>();
        if (random.Next(3) == 0 && view.Contains(UsageDimension.Tenant)) only[UsageDimension.Tenant] = ["acme", ""];
        if (random.Next(3) == 0 && view.Contains(UsageDimension.Model)) only[UsageDimension.Model] = ["gpt-5", "fast"];
        return new UsageQuery
        {
            From = from,
            To = from.AddHours(random.Next(1, 250)),
            Step = ((UsageStep[])[UsageStep.None, UsageStep.Hour, UsageStep.Day, UsageStep.Week, UsageStep.Month])[random.Next(5)],
            Zone = TimeZoneInfo.FindSystemTimeZoneById(((string[])["UTC", "Europe/Berlin", "Asia/Beirut", "America/New_York"])[random.Next(4)]),
            By = [.. view.Where(_ => random.Next(3) == 0)],
            Only = only,
            Limit = 100_000,
        };
    }
}
