using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>Deletes events and dead letters that have been kept long enough.</summary>
internal sealed class EventRetention(WebhookDeliveries deliveries, Func<Snapshot> current, TimeProvider time)
{
    /// <summary>
    /// How long it is known what events were made of. Longer than anything is told again: usage that was applied and not acknowledged comes again when the program next starts.
    /// </summary>
    private static readonly TimeSpan s_sourcesKept = TimeSpan.FromDays(7);

    public async Task PurgeAsync(CancellationToken cancellation)
    {
        var (settings, now) = (current().Settings.Events, time.GetUtcNow());
        var lanes = await LanesAsync(cancellation);
        foreach (var stream in await deliveries.Events.StreamsAsync(cancellation))
        {
            var through = lanes.Where(l => l.Webhook.Covers(stream.Tenant)).Select(l => l.Positions.GetValueOrDefault(stream.Tenant ?? "")).DefaultIfEmpty(stream.Head).Min();
            await deliveries.Events.PurgeAsync(new EventPurge(stream.Tenant, now - settings.Kept, through, stream.Head - settings.KeptMax), cancellation);
        }

        await deliveries.Store.PurgeDeadLettersAsync(now - settings.DeadLettersKept, cancellation);
        await deliveries.Events.ForgetSourcesAsync(now - s_sourcesKept, cancellation);
    }

    /// <summary>How far each webhook has got that is still there to get more.</summary>
    private async Task<List<(Webhook Webhook, Dictionary<string, long> Positions)>> LanesAsync(CancellationToken cancellation)
    {
        var all = new List<(Webhook, Dictionary<string, long>)>();
        foreach (var sender in deliveries.All.Where(s => !s.IsGone))
            all.Add((sender.Webhook, (await deliveries.Store.LanesAsync(sender.Webhook.Name, cancellation)).ToDictionary(l => l.Tenant ?? "", l => l.Position)));
        return all;
    }
}
