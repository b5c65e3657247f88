using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.Tests.Events;

/// <summary>The event log counts each tenant's events without gaps, takes each once, and keeps what has yet to be sent.</summary>
public sealed class EventStoreTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private EventBed _bed = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _bed = new EventBed(_time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Append_ForSeveralTenants_NumbersEachFromOneWithoutGaps()
    {
        await _bed.AppendAsync("acme", "key.created", 1, 2);
        await _bed.AppendAsync(null, "config.applied", 1);
        await _bed.AppendAsync("acme", "key.created", 2, 3);
        Assert.Equal([1, 2, 3], (await _bed.Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal([3], (await _bed.Store.ReadAsync("acme", 2, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal([new EventStream(null, 1), new EventStream("acme", 3)], await _bed.Store.StreamsAsync(Cancel));
    }

    [Fact]
    public async Task Append_AgainAfterAnotherStart_AddsNothingAndKeepsTheIds()
    {
        await _bed.AppendAsync("acme", "key.created", 1);
        var first = Assert.Single(await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
        var grown = await _bed.Store.AppendAsync([new NewEvent("acme/key.created/1", "acme", "key.created", first.At, "{}")], new EventCursor("audit", 7), Cancel);
        Assert.Empty(grown);
        Assert.Equal([first], await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
        Assert.Equal(7, await _bed.Store.CursorAsync("audit", Cancel));
        Assert.Null(await _bed.Store.CursorAsync("notices", Cancel));
    }

    [Fact]
    public async Task Purge_OfOldEvents_LeavesWhatAWebhookHasYetToGetUpToTheMost()
    {
        await _bed.AppendAsync("acme", "key.created", 1, 2, 3, 4);
        _time.Advance(TimeSpan.FromDays(2));
        await _bed.AppendAsync("acme", "key.created", 5);
        var before = _time.GetUtcNow() - TimeSpan.FromDays(1);
        Assert.Equal(2, await _bed.Store.PurgeAsync(new EventPurge("acme", before, Through: 2, Anyway: 0), Cancel));
        Assert.Equal(1, await _bed.Store.PurgeAsync(new EventPurge("acme", before, Through: 0, Anyway: 3), Cancel));
        Assert.Equal(1, await _bed.Store.PurgeAsync(new EventPurge("acme", before, Through: 5, Anyway: 0), Cancel));
        Assert.Equal([5], (await _bed.Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal(1, await _bed.Store.PurgeAsync(new EventPurge("acme", _time.GetUtcNow().AddDays(1), Through: 5, Anyway: 0), Cancel));
        await _bed.AppendAsync("acme", "key.created", 6);
        Assert.Equal([6], (await _bed.Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task Retention_WithAWebhookBehind_KeepsItsEventsUntilItIsTakenOut()
    {
        _bed.State(("hook", EventBed.To(new Uri("http://127.0.0.1:1/")) with { RetryMin = TimeSpan.FromHours(1), RetryMax = TimeSpan.FromHours(1) }));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        await EventBed.UntilAsync(async () => (await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Attempts == 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        var kept = new EventRetention(_bed.Deliveries, () => Snapshot.Compile(new GatewaySettings { Events = new EventSettings { Kept = TimeSpan.Zero } }, 1, ""), _time);
        await kept.PurgeAsync(Cancel);
        Assert.Single(await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
        _bed.State();
        _time.Advance(TimeSpan.FromSeconds(1));
        await EventBed.UntilAsync(() => Task.FromResult(_bed.Deliveries.Find("hook") is null));
        await kept.PurgeAsync(Cancel);
        Assert.Empty(await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
    }

    [Fact]
    public async Task Advance_OfALaneThatWasMoved_ChangesNothing()
    {
        await _bed.AppendAsync("acme", "key.created", 1, 2, 3);
        await _bed.Webhooks.RegisterAsync("hook", "https://a", Cancel);
        Assert.Equal(3, (await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Position);
        await _bed.Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        Assert.False(await _bed.Webhooks.AdvanceAsync("hook", "acme", 3, 4, dead: null, Cancel));
        Assert.True(await _bed.Webhooks.AdvanceAsync("hook", "acme", 0, 1, dead: null, Cancel));
        Assert.True(await _bed.Webhooks.AdvanceAsync("hook", "other", 0, 1, dead: null, Cancel));
        Assert.False(await _bed.Webhooks.AdvanceAsync("hook", "another", 5, 6, dead: null, Cancel));
        await _bed.Webhooks.FailAsync("hook", new LaneState("acme", 0, 4), Cancel);
        Assert.Equal((1, 0), ((await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Position, (await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Attempts));
    }

    [Fact]
    public async Task Register_WithAnotherAddress_LetsAGoneReceiverBeTriedAgain()
    {
        await _bed.Webhooks.RegisterAsync("hook", "https://a", Cancel);
        await _bed.Webhooks.SetGoneAsync("hook", _time.GetUtcNow(), Cancel);
        Assert.NotNull(await _bed.Webhooks.RegisterAsync("hook", "https://a", Cancel));
        Assert.Null(await _bed.Webhooks.RegisterAsync("hook", "https://b", Cancel));
    }
}
