using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>A backend that publishes, and does not give up until the broker has confirmed; over new connections, if it must.</summary>
/// <param name="broker">Where.</param>
/// <param name="virtualHost">In which virtual host.</param>
internal sealed class ConfirmingPublisher(Broker broker, string virtualHost) : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private IConnection? _connection;
    private IChannel? _channel;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task PublishAsync(string exchange, string body, string? id = null, string key = "product", Dictionary<string, object?>? headers = null)
    {
        while (true)
        {
            try
            {
                _connection ??= await broker.ConnectAsync(virtualHost);
                _channel ??= await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancel);
                var properties = new BasicProperties { MessageId = id, Persistent = true, ContentType = "application/json", Headers = headers };
                await _channel.BasicPublishAsync(exchange, key, mandatory: true, properties, Encoding.UTF8.GetBytes(body), Cancel);
                return;
            }
            catch (Exception broken) when (broken is OperationInterruptedException or BrokerUnreachableException or IOException or PublishException { IsReturn: false })
            {
                await DisposeAsync();
                await Task.Delay(s_pause, Cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        (_connection, _channel) = (null, null);
    }
}
