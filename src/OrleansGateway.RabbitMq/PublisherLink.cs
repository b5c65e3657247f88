using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.RabbitMq;

/// <summary>Publishes what is stated, over a bus of its own.</summary>
internal sealed class PublisherLink : ILink
{
    private readonly string _id;
    private readonly EventPublisherParts _parts;
    private readonly EventBus _bus;
    private readonly EventPublisher _publisher;

    public PublisherLink(string id, RabbitMqPublishSettings settings, RabbitMqBrokerSettings broker, EventPublisherParts parts, ILoggerFactory logs)
    {
        (_id, _parts) = (id, parts);
        _bus = new EventBus(id, settings, broker, logs);
        _publisher = new EventPublisher(id, settings, broker.RetryMax, _bus, parts);
    }

    /// <inheritdoc/>
    public string? Problem => _publisher.Failure is { } failure ? "Events wait: " + failure : null;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var outcome in (string[])["confirmed", "failed"]) _parts.Metrics.Published(_id, outcome, times: 0);
        await using (_bus) await _publisher.RunAsync(cancellation);
    }
}
