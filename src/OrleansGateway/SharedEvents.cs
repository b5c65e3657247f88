using OrleansGateway.Events;
using OrleansGateway.Storage.Events;

namespace OrleansGateway;

/// <summary>
/// The part of a cluster's node in its events: it stands for the duty to make and send them, and while it has it, looks for what other nodes have added. A node that has it is not told of
/// that in any other way.
/// </summary>
internal sealed class SharedEvents(PostgresEventDuty duty, IEventStore store, WebhookDeliveries deliveries, TimeProvider time)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks between two at receivers that are gone: 5 s of them.</summary>
    private const int RecheckEvery = 20;

    public Task RunAsync(CancellationToken cancellation)
    {
        duty.Start();
        return duty.RunAsync(WatchAsync, cancellation);
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        var growth = new GrowthWatch(store);
        using var timer = new PeriodicTimer(s_lookEvery, time);
        for (var look = 1; await timer.WaitForNextTickAsync(cancellation); look++)
        {
            try
            {
                if (await growth.LookAsync(cancellation) is { Count: > 0 } grown) deliveries.Grown(grown);
                if (look % RecheckEvery == 0) await deliveries.RecheckAsync(cancellation);
            }
            catch (EventStoreException)
            {
                // At the next look; the feeds, which find the same, say why.
            }
        }
    }
}
