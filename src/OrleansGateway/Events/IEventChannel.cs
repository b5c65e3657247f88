namespace OrleansGateway.Events;

/// <summary>Where events are published. A port: RabbitMQ.</summary>
internal interface IEventChannel
{
    /// <summary>
    /// Returns once it has been taken for good. Throws <see cref="EventChannelException"/> if that is not known: it is to be published again, under the same id.
    /// </summary>
    ValueTask PublishAsync(GatewayEvent one, CancellationToken cancellation);
}

/// <summary>An event was not taken, or nobody knows whether it was.</summary>
internal sealed class EventChannelException(string message, Exception? inner = null) : Exception(message, inner);
