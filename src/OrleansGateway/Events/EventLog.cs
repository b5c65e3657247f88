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

    /// <summary>Whether anybody asks for such events: those of which there may be very many are not written in vain.</summary>
    public bool IsWanted(string type, string? tenant)
    {
        var settings = current().Settings;
        foreach (var (_, webhook) in settings.Webhooks)
        {
            if ((webhook.Tenant is not { } only || only == tenant) && IsAnyMeant(type, webhook.Events)) return true;
        }

        if (settings.Rabbitmq is not { } rabbit) return false;
        foreach (var (_, publish) in rabbit.Publish)
        {
            if ((publish.Tenant is not { } only || only == tenant) && IsAnyMeant(type, publish.Events)) return true;
        }

        return false;
    }

    /// <summary>Whether anybody asks for such events of any tenant.</summary>
    public bool IsWanted(string type)
    {
        var settings = current().Settings;
        return settings.Webhooks.Values.Any(w => IsAnyMeant(type, w.Events)) || settings.Rabbitmq?.Publish.Values.Any(p => IsAnyMeant(type, p.Events)) == true;
    }

    /// <summary>Adds events, each once. Throws <see cref="EventStoreException"/>.</summary>
    public async ValueTask AppendAsync(IReadOnlyList<NewEvent> events, EventCursor? cursor, CancellationToken cancellation)
    {
        if (events.Count == 0 && cursor is null) return;
        var grown = await store.AppendAsync(events, cursor, cancellation);
        if (grown.Count > 0) Grown?.Invoke(grown);
    }

    private static bool IsAnyMeant(string type, IReadOnlyList<string> patterns)
    {
        foreach (var pattern in patterns)
        {
            if (IsMeant(type, pattern)) return true;
        }

        return false;
    }

    private static bool IsMeant(string type, string pattern) =>
        pattern.EndsWith('*') ? type.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : pattern == type;
}
