using OrleansGateway.Events;
using OrleansGateway.Telemetry;

namespace OrleansGateway.RabbitMq;

/// <summary>RabbitMQ, added to a gateway.</summary>
internal static class RabbitMqServices
{
    public static IServiceCollection AddRabbitMq(this IServiceCollection services)
    {
        services.TryAddSingleton<BrokerMetrics>();
        services.TryAddSingleton<EventPublisherParts>();
        services.TryAddSingleton<QueueParts>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnector, RabbitMqConnector>());
        return services;
    }
}
