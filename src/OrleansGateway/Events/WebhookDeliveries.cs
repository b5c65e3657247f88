using System.Collections.Concurrent;
using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>The senders of all webhooks that the configuration states.</summary>
internal sealed class WebhookDeliveries(WebhookParts parts, EventLog events, Func<Snapshot> current) : IAsyncDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, WebhookSender> _senders = new(StringComparer.Ordinal);

    /// <summary>By their names.</summary>
    public IReadOnlyList<WebhookSender> All => [.. _senders.Values.OrderBy(s => s.Webhook.Name, StringComparer.Ordinal)];

    public IWebhookStore Store => parts.Store;

    public IEventStore Events => parts.Events;

    public WebhookSender? Find(string name) => _senders.GetValueOrDefault(name);

    /// <summary>Starts, changes and stops senders as the configuration says, until told to end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        events.Grown = Grown;
        using var timer = new PeriodicTimer(s_lookEvery, parts.Time);
        Snapshot? known = null;
        do
        {
            if (current() is var now && now == known) continue;
            known = now;
            await ApplyAsync(now);
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Looks whether receivers that are gone are there again: whoever was told so may be another node.</summary>
    public async Task RecheckAsync(CancellationToken cancellation)
    {
        foreach (var sender in _senders.Values) await sender.RecheckAsync(cancellation);
    }

    /// <summary>Streams have grown, by whomever.</summary>
    public void Grown(IReadOnlyList<string> tenants)
    {
        foreach (var sender in _senders.Values) sender.Grown(tenants);
    }

    public async ValueTask DisposeAsync()
    {
        events.Grown = null;
        await Task.WhenAll(_senders.Values.Select(s => s.DisposeAsync().AsTask()));
    }

    private async Task ApplyAsync(Snapshot snapshot)
    {
        var stated = snapshot.Settings.Webhooks;
        foreach (var (name, sender) in _senders)
        {
            if (stated.ContainsKey(name)) continue;
            _senders.TryRemove(name, out _);
            await sender.DisposeAsync();
        }

        foreach (var (name, settings) in stated)
        {
            var webhook = new Webhook(name, settings);
            if (_senders.TryGetValue(name, out var sender))
            {
                sender.Apply(webhook);
                continue;
            }

            foreach (var outcome in (string[])["received", "failed", "gone", "dead"]) parts.Metrics.WebhookSent(name, outcome, times: 0);
            _senders[name] = new WebhookSender(webhook, parts);
        }
    }
}
