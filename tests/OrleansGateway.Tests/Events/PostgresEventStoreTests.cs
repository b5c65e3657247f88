using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Events;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Events;

public sealed class PostgresEventStoreTests(SharedPostgres postgres) : EventStoreContract, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    // As the database has it before anybody has taken the duty.
    private long _term;

    private protected override IEventStore Store => new PostgresEventStore(_database, () => _term, Time);

    private protected override IWebhookStore Webhooks => new PostgresWebhookStore(_database, () => _term);

    public async ValueTask InitializeAsync() => _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), Time, NullLogger<PostgresDatabase>.Instance, Cancel);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Writes_OfATermThatIsOver_AreRefused()
    {
        await AppendAsync("acme", 1, 2);
        await Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        await using var duty = new PostgresEventDuty(_database, TimeProvider.System, NullLogger<PostgresEventDuty>.Instance);
        duty.Start();
        await duty.RunAsync(_ => Task.CompletedTask, Cancel);
        await Assert.ThrowsAsync<EventStoreException>(async () => await Store.AppendAsync([Of("acme", 3)], new EventCursor("feed", 7), Cancel));
        Assert.Equal(2, (await Store.ReadAsync("acme", 0, 10, Cancel)).Count);
        Assert.False(await Webhooks.AdvanceAsync("hook", "acme", 0, 1, dead: null, Cancel));
        await Webhooks.FailAsync("hook", new LaneState("acme", 0, 4), Cancel);
        Assert.Equal(new LaneState("acme", 0), await Webhooks.LaneAsync("hook", "acme", Cancel));
        _term = duty.Term!.Value;
        await Store.AppendAsync([Of("acme", 3)], new EventCursor("feed", 7), Cancel);
        Assert.True(await Webhooks.AdvanceAsync("hook", "acme", 0, 1, dead: null, Cancel));
    }

    [Fact]
    public async Task Growth_WithATransactionUnderWay_IsSeenWhenItHasEnded()
    {
        var watch = new GrowthWatch(Store);
        await using var connection = await _database.ConnectAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await PostgresEventRows.AddAsync(connection, transaction, [Of("slow", 1)]);
        for (var n = 0; n < 5; n++)
        {
            await AppendAsync("fast", n);
            Assert.Equal(["fast"], await watch.LookAsync(Cancel));
        }

        Assert.Empty(await watch.LookAsync(Cancel));
        await transaction.CommitAsync(Cancel);
        Assert.Equal(["slow"], await watch.LookAsync(Cancel));
    }

    [Fact]
    public async Task Move_OfAWebhookByHand_IsSeenAsGrowth()
    {
        var watch = new GrowthWatch(Store);
        await AppendAsync("acme", 1);
        await watch.LookAsync(Cancel);
        await Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        Assert.Equal(["acme"], await watch.LookAsync(Cancel));
    }

    [Fact]
    public async Task Usage_AppliedAgain_IsToldOnce_AndWhatWasNotAppliedIsNotTold()
    {
        using var store = new PostgresUsageStore(_database, tell: added =>
            added.Count == 0 ? [] : [new NewEvent([.. added.Select(r => r.Id.ToByteArray(bigEndian: true))], "acme", "usage.recorded", Time.GetUtcNow(), $$"""{"n":{{added.Count}}}""")]);
        using var broken = new PostgresUsageStore(_database, tell: _ => [Of(null, 1) with { Data = "\0" }]);
        UsageRecord[] records = [.. Enumerable.Range(1, 5).Select(Record)];
        await Assert.ThrowsAsync<UsageStoreException>(async () => await broken.ApplyAsync(records, Cancel));
        Assert.Equal(new UsageApplied(3, 0), await store.ApplyAsync(records[..3], Cancel));
        Assert.Equal(new UsageApplied(2, 3), await store.ApplyAsync(records, Cancel));
        Assert.Equal(new UsageApplied(0, 5), await store.ApplyAsync(records, Cancel));
        Assert.Equal(["""{"n":3}""", """{"n":2}"""], (await Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Data));
        Assert.Empty(await Store.ReadAsync(null, 0, 10, Cancel));
    }

    private UsageRecord Record(int number) => new()
    {
        Id = new Guid(number, 0, 0, new byte[8]), At = Time.GetUtcNow(), RequestId = $"r{number}", Tenant = "acme", Source = OrleansGateway.Http.UsageSource.Provider,
        Tokens = new OrleansGateway.Http.TokenUsage { Input = 3 }, Cost = new OrleansGateway.Prices.CostParts { Input = 12 },
    };
}
