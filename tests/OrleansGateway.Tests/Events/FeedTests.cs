using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Audit;
using OrleansGateway.Events;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Events;

/// <summary>What happens becomes an event, once, whoever dies in between.</summary>
public sealed class FeedTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly StateFolder _folder = new();
    private EventBed _bed = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _bed = new EventBed(_time, folder: _folder.Path);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _bed.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Audit_OfKeysAndConfigurations_BecomesEventsOfTheirTenants()
    {
        using var database = SqliteDatabase.Open(_folder.Path, _time, NullLogger<SqliteDatabase>.Instance);
        var audit = new SqliteAuditLog(database);
        await audit.AppendAsync(Entry("key.create", "key_0", "acme"), Cancel);
        var feed = new AuditEvents(audit, _bed.Log);
        await feed.StartAsync(Cancel);
        await feed.ReadAsync(Cancel);
        Assert.Empty(await _bed.Store.StreamsAsync(Cancel));

        await audit.AppendAsync(Entry("key.create", "key_1", "acme"), Cancel);
        await audit.AppendAsync(Entry("budget.grant", "b", "acme"), Cancel);
        await audit.AppendAsync(Entry("config.rollback", "3-abc", null), Cancel);
        await audit.AppendAsync(Entry("config.refused", "3-abc", null), Cancel);
        await feed.ReadAsync(Cancel);
        // As after a start that follows on a crash: the cursor has moved with the events.
        var again = new AuditEvents(audit, _bed.Log);
        await again.StartAsync(Cancel);
        await again.ReadAsync(Cancel);
        await audit.AppendAsync(Entry("key.revoke", "key_1", "acme"), Cancel);
        await again.ReadAsync(Cancel);

        var acme = await _bed.Store.ReadAsync("acme", 0, 10, Cancel);
        Assert.Equal(["key.created", "key.revoked"], acme.Select(e => e.Type));
        Assert.Equal("""{"key":"key_1","actor":"adm_1","request_id":"r1","after":{"name":"ü"}}""", acme[0].Data);
        Assert.Equal(["config.rolled_back", "config.refused"], (await _bed.Store.ReadAsync(null, 0, 10, Cancel)).Select(e => e.Type));
    }

    [Fact]
    public async Task Audit_OfMoreThanIsReadTogether_IsReadWhole()
    {
        using var database = SqliteDatabase.Open(_folder.Path, _time, NullLogger<SqliteDatabase>.Instance);
        var audit = new SqliteAuditLog(database);
        var feed = new AuditEvents(audit, _bed.Log);
        await feed.StartAsync(Cancel);
        for (var i = 0; i < 405; i++) await audit.AppendAsync(Entry("key.create", $"key_{i}", "acme"), Cancel);
        await feed.ReadAsync(Cancel);
        Assert.Equal(405, Assert.Single(await _bed.Store.StreamsAsync(Cancel)).Head);
    }

    [Fact]
    public async Task Notices_OfBudgets_BecomeEventsOnceHoweverOftenTheyAreRead()
    {
        await using var ledger = new SqliteLedgerStore(SqliteDatabase.OpenLedger(_folder.Path, _time, NullLogger<SqliteDatabase>.Instance), _time);
        var feed = await StartedAsync(ledger);
        await NoticeAsync(ledger, "tenant:acme", 50, _time.GetUtcNow());
        await feed.ReadAsync(Cancel);
        await feed.ReadAsync(Cancel);
        // Written late, with an earlier time than one that was read already.
        await NoticeAsync(ledger, "tenant:acme", 80, _time.GetUtcNow() - TimeSpan.FromMinutes(5));
        await NoticeAsync(ledger, "rule:budgets.all", 50, _time.GetUtcNow());
        await feed.ReadAsync(Cancel);
        var again = await StartedAsync(ledger);
        await again.ReadAsync(Cancel);
        _time.Advance(TimeSpan.FromMinutes(11));
        await again.ReadAsync(Cancel);
        _time.Advance(TimeSpan.FromHours(30));
        await again.ReadAsync(Cancel);
        await _bed.Store.ForgetSourcesAsync(_time.GetUtcNow(), Cancel);
        await again.ReadAsync(Cancel);
        await (await StartedAsync(ledger)).ReadAsync(Cancel);

        var acme = await _bed.Store.ReadAsync("acme", 0, 10, Cancel);
        Assert.Equal(["budget.threshold", "budget.threshold"], acme.Select(e => e.Type));
        Assert.Equal("""{"budget":"team","scope":"acme/blue","percent":50,"spent_nano_usd":5,"limit_nano_usd":10}""", acme[0].Data);
        Assert.Single(await _bed.Store.ReadAsync(null, 0, 10, Cancel));
    }

    [Fact]
    public async Task Limit_ReachedManyTimes_IsToldOncePerMinuteAndOnlyIfAsked()
    {
        var limits = new LimitEvents(_bed.Log, _time);
        limits.Reached("acme", "rate_limits.per-key", "key_1", "NotNow");
        _bed.State(("hook", EventBed.To(new Uri("https://example.com"), "limit.*") with { Tenant = "acme" }));
        for (var i = 0; i < 100; i++) limits.Reached("acme", "rate_limits.per-key", "key_1", "NotNow");
        limits.Reached("acme", "rate_limits.per-key", "key_2", "NotNow");
        limits.Reached("other", "rate_limits.per-key", "key_3", "NotNow");
        await limits.WriteAsync(Cancel);
        // Another life of the program in the same minute.
        var next = new LimitEvents(_bed.Log, _time);
        next.Reached("acme", "rate_limits.per-key", "key_1", "NotNow");
        await next.WriteAsync(Cancel);
        _time.Advance(TimeSpan.FromMinutes(1));
        next.Reached("acme", "rate_limits.per-key", "key_1", "NotNow");
        await next.WriteAsync(Cancel);
        await next.WriteAsync(Cancel);
        Assert.Equal(["key_1", "key_2", "key_1"], (await _bed.Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => System.Text.Json.JsonElement.Parse(e.Data).GetProperty("scope").GetString()));
        Assert.Equal("""{"limit":"rate_limits.per-key","scope":"key_1","reason":"not_now"}""", (await _bed.Store.ReadAsync("acme", 0, 1, Cancel))[0].Data);
        Assert.Empty(await _bed.Store.ReadAsync("other", 0, 10, Cancel));
    }

    [Fact]
    public async Task Usage_AppliedAgainInOtherBatches_IsToldOnce()
    {
        _bed.State(("hook", EventBed.To(new Uri("https://example.com"), "usage.recorded") with { Tenant = "acme" }));
        await using var store = Usage();
        var feed = await StartedAsync(store);
        var records = Records(0, 250);
        await store.ApplyAsync(records[..120], Cancel);
        await feed.ReadAsync(Cancel);
        await store.ApplyAsync(records[60..], Cancel);
        await feed.ReadAsync(Cancel);
        await store.ApplyAsync([.. records, records[0]], Cancel);
        await feed.ReadAsync(Cancel);
        var told = await ToldAsync();
        Assert.Equal(OfAcme(records), told.Select(t => t.GetProperty("id").GetGuid()));
        Assert.All(await _bed.Store.ReadAsync("acme", 0, 100, Cancel), e => Assert.InRange(System.Text.Json.JsonElement.Parse(e.Data).GetProperty("records").GetArrayLength(), 1, 100));
        Assert.Empty(await _bed.Store.ReadAsync("other", 0, 100, Cancel));
        Assert.Equal((12L, 3L, "provider"), (told[0].GetProperty("cost_nano_usd").GetInt64(), told[0].GetProperty("tokens").GetProperty("input").GetInt64(), told[0].GetProperty("source").GetString()));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_WithTheEventLogDown_IsAppliedAtOnceAndToldOnceAfterwards(bool isKilled)
    {
        _bed.State(("hook", EventBed.To(new Uri("https://example.com"), "usage.recorded") with { Tenant = "acme" }));
        var store = Usage();
        var feed = await StartedAsync(store);
        var records = Records(0, 4_500);
        await store.ApplyAsync(records[..50], Cancel);
        await feed.ReadAsync(Cancel);
        await using (var down = new EventLogDown(_folder.Path))
        {
            foreach (var batch in records[50..].Chunk(1_000)) await store.ApplyAsync(batch, Cancel);
            await Assert.ThrowsAsync<EventStoreException>(() => feed.ReadAsync(Cancel));
            var report = await store.ReportAsync(new UsageQuery { From = _time.GetUtcNow() - TimeSpan.FromDays(1), To = _time.GetUtcNow() + TimeSpan.FromDays(1), By = [], Limit = 1 }, Cancel);
            Assert.Equal(4_500 * 12, report.Rows[0].Sums.Cost.Total);
            if (isKilled)
            {
                await store.DisposeAsync();
                store = Usage();
            }
        }

        if (isKilled) feed = await StartedAsync(store);
        await feed.ReadAsync(Cancel);
        await feed.ReadAsync(Cancel);
        Assert.Equal(OfAcme(records), (await ToldAsync()).Select(t => t.GetProperty("id").GetGuid()));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Usage_OfATimeWhenNobodyAsked_IsNotToldLater()
    {
        await using var store = Usage();
        await store.ApplyAsync(Records(0, 20), Cancel);
        var feed = await StartedAsync(store);
        await store.ApplyAsync(Records(20, 20), Cancel);
        await feed.ReadAsync(Cancel);
        _bed.State(("hook", EventBed.To(new Uri("https://example.com"), "usage.*")));
        var later = Records(40, 20);
        await store.ApplyAsync(later, Cancel);
        await (await StartedAsync(store)).ReadAsync(Cancel);
        Assert.Equal(OfAcme(later), (await ToldAsync()).Select(t => t.GetProperty("id").GetGuid()));
    }

    [Fact]
    public async Task Usage_OfAStoreBegunAnew_IsToldFromItsFirstRecord()
    {
        _bed.State(("hook", EventBed.To(new Uri("https://example.com"), "usage.recorded")));
        using var other = new StateFolder();
        await using var before = Usage();
        await using var after = Usage(other.Path);
        var feed = await StartedAsync(before);
        await before.ApplyAsync(Records(0, 50), Cancel);
        await feed.ReadAsync(Cancel);
        await after.ApplyAsync(Records(40, 20), Cancel);
        await (await StartedAsync(after)).ReadAsync(Cancel);
        Assert.Equal(OfAcme(Records(0, 60)), (await ToldAsync()).Select(t => t.GetProperty("id").GetGuid()));
    }

    private SqliteUsageStore Usage(string? folder = null) => new(SqliteDatabase.OpenUsage(folder ?? _folder.Path, _time, NullLogger<SqliteDatabase>.Instance));

    private async Task<UsageEvents> StartedAsync(SqliteUsageStore store)
    {
        var feed = new UsageEvents(store, _bed.Log);
        await feed.StartAsync(Cancel);
        return feed;
    }

    private UsageRecord[] Records(int from, int count) => [.. Enumerable.Range(from, count).Select(i => Record(i, i % 10 == 0 ? "other" : "acme"))];

    private static IEnumerable<Guid> OfAcme(UsageRecord[] records) => records.Where(r => r.Tenant == "acme").Select(r => r.Id);

    // All events of the tenant, which are numbered without gaps.
    private async Task<System.Text.Json.JsonElement[]> ToldAsync()
    {
        var events = await _bed.Store.ReadAsync("acme", 0, 1_000, Cancel);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        return [.. events.SelectMany(e => System.Text.Json.JsonElement.Parse(e.Data).GetProperty("records").EnumerateArray().ToArray())];
    }

    private async Task<BudgetEvents> StartedAsync(SqliteLedgerStore ledger)
    {
        var feed = new BudgetEvents(ledger, _bed.Log, _time);
        await feed.StartAsync(Cancel);
        return feed;
    }

    private static async Task NoticeAsync(SqliteLedgerStore ledger, string owner, int percent, DateTimeOffset at)
    {
        var record = await ledger.AcquireAsync(owner, Cancel);
        await ledger.WriteAsync(new LedgerWrite { Owner = owner, Version = record.Version, Notices = [new NoticeRow(new AccountId("budgets.team", "acme/blue"), 7, percent, percent / 10, 10, at)] }, Cancel);
    }

    private AuditEntry Entry(string action, string target, string? tenant) =>
        new(_time.GetUtcNow(), new AuditActor("adm_1", "owner", "10.0.0.1", "r1"), action, target, tenant, After: """{"name":"ü"}""");

    private UsageRecord Record(int number, string tenant) => new()
    {
        Id = new Guid(number + 1, 0, 0, new byte[8]), At = _time.GetUtcNow(), RequestId = $"r{number}", Tenant = tenant, Source = OrleansGateway.Http.UsageSource.Provider,
        Tokens = new OrleansGateway.Http.TokenUsage { Input = 3 }, Cost = new OrleansGateway.Prices.CostParts { Input = 12 },
    };
}
