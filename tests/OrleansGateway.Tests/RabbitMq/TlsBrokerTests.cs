using OrleansGateway.Tests.Events;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>A broker that wants a client's certificate: it is reached by who shows one and trusts its authority.</summary>
[Collection(BrokerTests.Name)]
public sealed class TlsBrokerTests(SharedBroker shared)
{
    [Theory(Timeout = 120_000)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Broker_WithTls_IsReachedWithItsAuthorityAndACertificateOnly(bool trusts, bool shows)
    {
        var broker = await shared.Running;
        var (ca, certificate) = (trusts ? $", ca: 'file:{broker.Authority}'" : "", shows ? $", certificate: 'file:{broker.Client.Certificate}', key: 'file:{broker.Client.Key}'" : "");
        await using var bed = await RabbitBed.StartAsync(broker, $$"""
            invalidation:
              sources:
                shop: {tenants: [acme]}
            rabbitmq:
              brokers: {main: {uri: "amqps://localhost:{{broker.TlsPort}}", username: gateway, password: gateway, retry_max: 300ms{{ca}}{{certificate}} } }
              queues:
                shop: {broker: main, source: shop, queue: "tls.{{trusts}}.{{shows}}"}
            """);
        if (trusts && shows) await bed.UntilReadyAsync();
        else await EventBed.UntilAsync(async () => await bed.ReadinessAsync() is var told && told.Contains("RabbitMQ, queue shop", StringComparison.Ordinal) && !told.Contains("yet", StringComparison.Ordinal));
    }
}
