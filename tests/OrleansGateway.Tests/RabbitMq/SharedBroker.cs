[assembly: AssemblyFixture(typeof(OrleansGateway.Tests.RabbitMq.SharedBroker))]

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>The broker that tests share: each takes a virtual host of its own. Started by the first who needs it.</summary>
public sealed class SharedBroker : IAsyncDisposable
{
    private readonly Lazy<Task<Broker>> _broker = new(Broker.StartAsync);

    internal Task<Broker> Running => _broker.Value;

    public async ValueTask DisposeAsync()
    {
        if (_broker.IsValueCreated) await (await _broker.Value).DisposeAsync();
    }
}

/// <summary>Tests of the broker run one after the other: some of them kill it.</summary>
[CollectionDefinition(Name)]
public sealed class BrokerTests
{
    public const string Name = "RabbitMQ";
}
