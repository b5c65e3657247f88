using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.RabbitMq;

/// <summary>Publishes what is stated, over a bus of its own.</summary>
internal sealed class PublisherLink(string id, RabbitMqPublishSettings settings, RabbitMqBrokerSettings broker, EventPublisherParts parts, ILoggerFactory logs) : ILink
{
    private volatile EventPublisher? _publisher;
    private volatile EventBus? _bus;

    /// <inheritdoc/>
    public string? Problem => _publisher?.Failure is { } failure ? "Events wait: " + failure : _bus is { IsConnected: true } ? null : "It is not connected.";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var outcome in (string[])["confirmed", "failed"]) parts.Metrics.Published(id, outcome, times: 0);
        await using var bus = new EventBus(id, settings, broker, parts.Metrics, logs);
        _bus = bus;
        var publisher = _publisher = new EventPublisher(id, settings, broker.RetryMax, bus, parts);
        await Task.WhenAll(bus.ConnectAsync(cancellation), publisher.RunAsync(cancellation));
    }
}
