using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>Where events are put down: told to the store first, then to those who send them on.</summary>
internal sealed class EventLog(IEventStore store, Func<Snapshot> current)
{
    private volatile Action<IReadOnlyList<string>>? _grown;

    public IEventStore Store => store;

    /// <summary>Told which streams have grown: the tenants, the empty text standing for none. Must not block.</summary>
    public Action<IReadOnlyList<string>>? Grown
    {
        get => _grown;
        set => _grown = value;
    }

    /// <summary>Whether any webhook asks for such events: those of which there may be very many are not written in vain.</summary>
    public bool IsWanted(string type, string? tenant)
    {
        var webhooks = current().Settings.Webhooks;
        if (webhooks.Count == 0) return false;
        foreach (var (_, webhook) in webhooks)
        {
            if (webhook.Tenant is { } only && only != tenant) continue;
            foreach (var pattern in webhook.Events)
            {
                if (IsMeant(type, pattern)) return true;
            }
        }

        return false;
    }

    /// <summary>Whether any webhook asks for such events of any tenant.</summary>
    public bool IsWanted(string type) => current().Settings.Webhooks.Values.Any(w => w.Events.Any(pattern => IsMeant(type, pattern)));

    /// <summary>Adds events, each once. Throws <see cref="EventStoreException"/>.</summary>
    public async ValueTask AppendAsync(IReadOnlyList<NewEvent> events, EventCursor? cursor, CancellationToken cancellation)
    {
        if (events.Count == 0 && cursor is null) return;
        var grown = await store.AppendAsync(events, cursor, cancellation);
        if (grown.Count > 0) Grown?.Invoke(grown);
    }

    private static bool IsMeant(string type, string pattern) =>
        pattern.EndsWith('*') ? type.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : pattern == type;
}
