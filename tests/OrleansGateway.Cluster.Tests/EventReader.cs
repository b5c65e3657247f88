using System.Text;
using OrleansGateway.Tests.RabbitMq;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OrleansGateway.Cluster.Tests;

/// <summary>Reads what a cluster publishes, and keeps it in order.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private const string Exchange = "gateway.events";

    private readonly List<ToldEvent> _all = [];
    private readonly IConnection _connection;

    private EventReader(IConnection connection) => _connection = connection;

    public IReadOnlyList<ToldEvent> All
    {
        get
        {
            lock (_all) return [.. _all];
        }
    }

    public static async Task<EventReader> StartAsync(Broker broker, string host, CancellationToken cancellation)
    {
        var reader = new EventReader(await broker.ConnectAsync(host));
        var channel = await reader._connection.CreateChannelAsync(cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true, cancellationToken: cancellation);
        await channel.QueueDeclareAsync("told", durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellation);
        await channel.QueueBindAsync("told", Exchange, "#", cancellationToken: cancellation);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            var headers = delivered.BasicProperties.Headers!;
            var tenant = headers.TryGetValue("tenant", out var named) ? Encoding.UTF8.GetString((byte[])named!) : null;
            var one = new ToldEvent(tenant, Convert.ToInt64(headers["sequence"], CultureInfo.InvariantCulture), delivered.BasicProperties.MessageId!, delivered.BasicProperties.Type!);
            lock (reader._all) reader._all.Add(one);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync("told", autoAck: true, consumer, cancellation);
        return reader;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}

/// <summary>What somebody was told.</summary>
internal sealed record ToldEvent(string? Tenant, long Sequence, string Id, string Type);
