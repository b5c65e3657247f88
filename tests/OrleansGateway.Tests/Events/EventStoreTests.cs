using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.Tests.Events;

public sealed class EventStoreTests : EventStoreContract, IAsyncLifetime
{
    private EventBed _bed = null!;

    private protected override IEventStore Store => _bed.Store;

    private protected override IWebhookStore Webhooks => _bed.Webhooks;

    public ValueTask InitializeAsync()
    {
        _bed = new EventBed(Time, lockWait: TimeSpan.FromSeconds(60));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Retention_WithAWebhookBehind_KeepsItsEventsUntilItIsTakenOut()
    {
        _bed.State(("hook", EventBed.To(new Uri("http://127.0.0.1:1/")) with { RetryMin = TimeSpan.FromHours(1), RetryMax = TimeSpan.FromHours(1) }));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        await EventBed.UntilAsync(async () => (await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Attempts == 1);
        Time.Advance(TimeSpan.FromMinutes(1));
        var kept = new EventRetention(_bed.Deliveries, () => Snapshot.Compile(new GatewaySettings { Events = new EventSettings { Kept = TimeSpan.Zero } }, 1, ""), Time);
        await kept.PurgeAsync(Cancel);
        Assert.Single(await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
        _bed.State();
        Time.Advance(TimeSpan.FromSeconds(1));
        await EventBed.UntilAsync(() => Task.FromResult(_bed.Deliveries.Find("hook") is null));
        await kept.PurgeAsync(Cancel);
        Assert.Empty(await _bed.Store.ReadAsync("acme", 0, 10, Cancel));
    }
}
