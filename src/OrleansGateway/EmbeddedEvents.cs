using OrleansGateway.Events;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Events;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>The event log of one machine, what is made into events, and the webhooks that they are sent to.</summary>
internal sealed class EmbeddedEvents(EventFeeds feeds, WebhookDeliveries deliveries, Readiness readiness, TimeProvider time, SharedEvents? shared = null)
{
    /// <summary>Not long: whoever could not write is told, and tries again half a second later.</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromSeconds(5);

    /// <summary>The ports, and what stands behind them.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(provider => new EventDatabase(
            SqliteDatabase.OpenEvents(stateFolder, s_lockWait, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>())));
        services.TryAddSingleton<IEventDuty, OwnEventDuty>();
        services.TryAddSingleton<IEventStore, SqliteEventStore>();
        services.TryAddSingleton<IWebhookStore, SqliteWebhookStore>();
        services.TryAddSingleton<EventLog>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IEventFeed, AuditEvents>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IEventFeed, BudgetEvents>());
        services.TryAddSingleton<LimitEvents>();
        services.TryAddSingleton(provider => new WebhookClient(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<WebhookParts>();
        services.TryAddSingleton<WebhookDeliveries>();
        services.TryAddSingleton<EventRetention>();
        services.TryAddSingleton<EventFeeds>();
        services.TryAddSingleton<EmbeddedEvents>();
    }

    /// <summary>Before the first change is made and the first request taken. Throws <see cref="StorageException"/> if the event log cannot be used.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await feeds.StartAsync(cancellation);
            readiness.Watch(Trouble);
        }
        catch (EventStoreException broken)
        {
            throw new StorageException(broken.Message, broken);
        }
    }

    /// <summary>Makes events and sends them, until told to end.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(feeds.RunAsync(cancellation), deliveries.RunAsync(cancellation), shared?.RunAsync(cancellation) ?? Task.CompletedTask);

    /// <summary>Puts down what has happened by now: once requests have ended. It is sent after the next start.</summary>
    public Task StopAsync() => feeds.LookAsync(CancellationToken.None);

    // Requests go on without it: nothing that an event tells is decided by it.
    private IEnumerable<Trouble> Trouble()
    {
        if (feeds.Failure is not { } failure) yield break;
        var seconds = (long)(time.GetUtcNow() - failure.Since).TotalSeconds;
        yield return new Trouble(false, string.Create(CultureInfo.InvariantCulture, $"Events are late, since {seconds} s; what happens now is told to webhooks afterwards. {failure.Reason}"));
    }
}
