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
        List<Follower> followers = [.. await WebhooksAsync(cancellation), .. await PublishersAsync(cancellation)];
        foreach (var stream in await deliveries.Events.StreamsAsync(cancellation))
        {
            var through = followers.Where(f => f.Covers(stream.Tenant)).Select(f => f.Positions.GetValueOrDefault(stream.Tenant ?? "")).DefaultIfEmpty(stream.Head).Min();
            await deliveries.Events.PurgeAsync(new EventPurge(stream.Tenant, now - settings.Kept, through, stream.Head - settings.KeptMax), cancellation);
        }

        await deliveries.Store.PurgeDeadLettersAsync(now - settings.DeadLettersKept, cancellation);
        await deliveries.Events.ForgetSourcesAsync(now - s_sourcesKept, cancellation);
    }

    /// <summary>How far each webhook has got that is still there to get more.</summary>
    private async Task<List<Follower>> WebhooksAsync(CancellationToken cancellation)
    {
        var all = new List<Follower>();
        foreach (var sender in deliveries.All.Where(s => !s.IsGone)) all.Add(new Follower(sender.Webhook.Settings.Tenant, await PositionsAsync(sender.Webhook.Name, cancellation)));
        return all;
    }

    /// <summary>How far what is published has got. One that has never run yet begins with what is yet to come.</summary>
    private async Task<List<Follower>> PublishersAsync(CancellationToken cancellation)
    {
        var all = new List<Follower>();
        foreach (var (id, publish) in current().Settings.Rabbitmq?.Publish ?? new Dictionary<string, RabbitMqPublishSettings>())
            all.Add(new Follower(publish.Tenant, await PositionsAsync(EventPublisher.NameOf(id), cancellation)));
        return all;
    }

    private async Task<Dictionary<string, long>> PositionsAsync(string name, CancellationToken cancellation) =>
        (await deliveries.Store.LanesAsync(name, cancellation)).ToDictionary(l => l.Tenant ?? "", l => l.Position);

    private sealed record Follower(string? Only, Dictionary<string, long> Positions)
    {
        public bool Covers(string? tenant) => Only is not { } only || only == tenant;
    }
}
