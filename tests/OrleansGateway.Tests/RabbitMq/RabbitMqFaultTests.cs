using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>What cannot be a broker, a queue or a publisher is said when the configuration is read.</summary>
public sealed class RabbitMqFaultTests
{
    private const string Broker = "brokers: {main: {uri: 'amqp://rabbit.example/shop', username: u, password: p} }";

    [Theory]
    [InlineData(Broker, null)]
    [InlineData("brokers: {main: {uri: 'amqps://rabbit.example:5671', username: u, password: p, heartbeat: 1m} }", null)]
    [InlineData("brokers: {main: {uri: 'http://rabbit.example', username: u, password: p} }", "rabbitmq.brokers.main.uri")]
    [InlineData("brokers: {main: {uri: rabbit.example, username: u, password: p} }", "rabbitmq.brokers.main.uri")]
    [InlineData("brokers: {main: {uri: 'amqp://ann:pass@rabbit.example', username: u, password: p} }", "rabbitmq.brokers.main.uri")]
    [InlineData("brokers: {main: {uri: 'amqp://rabbit.example/a/b', username: u, password: p} }", "rabbitmq.brokers.main.uri")]
    [InlineData("brokers: {main: {uri: 'amqp://rabbit.example', username: u} }", "rabbitmq.brokers.main.password")]
    [InlineData("brokers: {main: {uri: 'amqp://rabbit.example', username: u, password: p, ca: x} }", "rabbitmq.brokers.main.uri rabbitmq.brokers.main.ca")]
    [InlineData("brokers: {main: {uri: 'amqps://rabbit.example', username: u, password: p, ca: x} }", "rabbitmq.brokers.main.ca")]
    [InlineData("brokers: {main: {uri: 'amqps://rabbit.example', username: u, password: p, certificate: x} }", "rabbitmq.brokers.main.certificate")]
    [InlineData("brokers: {main: {uri: 'amqp://rabbit.example', username: u, password: p, heartbeat: 1ms} }", "rabbitmq.brokers.main.heartbeat")]
    [InlineData(Broker + ", queues: {a: {broker: main, source: shop} }", null)]
    [InlineData(Broker + ", queues: {a: {broker: mian, source: shop} }", "rabbitmq.queues.a.broker")]
    [InlineData(Broker + ", queues: {a: {broker: main, source: shpo} }", "rabbitmq.queues.a.source")]
    [InlineData(Broker + ", queues: {a: {broker: main, source: shop, queue: q}, b: {broker: main, source: shop, queue: q} }", "rabbitmq.queues.b.queue")]
    [InlineData(Broker + ", queues: {a: {broker: main, source: shop, prefetch: 0} }", "rabbitmq.queues.a.prefetch")]
    [InlineData(Broker + ", queues: {a: {broker: main, source: shop, keys: ['']} }", "rabbitmq.queues.a.keys[0]")]
    [InlineData(Broker + ", publish: {a: {broker: main, events: [usage.recorded, 'key.*']} }", null)]
    [InlineData(Broker + ", publish: {a: {broker: main, events: [usage.told]} }", "rabbitmq.publish.a.events[0]")]
    [InlineData(Broker + ", publish: {a: {broker: none} }", "rabbitmq.publish.a.broker")]
    public void RabbitMq_ByItsSettings_HasTheFaultsOrNone(string rabbit, string? paths)
    {
        using var folder = new TestFolder();
        // Line and column stand before the path, and what is wrong behind it.
        var faults = folder.FaultsOf($"routes: {{ default: {{ path: / }} }}\ninvalidation: {{ sources: {{ shop: {{ tenants: ['*'] }} }} }}\nrabbitmq: {{ {rabbit} }}\n")
            .Select(f => f.Split(' ')[1].TrimEnd(':'));
        Assert.Equal(paths?.Split(' ') ?? [], faults);
    }
}
