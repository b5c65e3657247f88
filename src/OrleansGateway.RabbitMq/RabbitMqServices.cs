using OrleansGateway.Events;
using OrleansGateway.Telemetry;

namespace OrleansGateway.RabbitMq;

/// <summary>RabbitMQ, added to a gateway.</summary>
internal static class RabbitMqServices
{
    /// <param name="services">The gateway's.</param>
    /// <param name="isShared">Whether other nodes read the same queues, each message for all: as those of a cluster do.</param>
    public static IServiceCollection AddRabbitMq(this IServiceCollection services, bool isShared = false)
    {
        services.TryAddSingleton(new QueueSharing(isShared));
        services.TryAddSingleton<BrokerMetrics>();
        services.TryAddSingleton<EventPublisherParts>();
        services.TryAddSingleton<QueueParts>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnector, RabbitMqConnector>());
        return services;
    }
}
