using MassTransit;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Telemetry;
using RabbitMQ.Client;

namespace OrleansGateway.RabbitMq;

/// <summary>
/// A bus of MassTransit that events go out by: it makes the exchange, keeps the connection, and returns from a sending when the broker has confirmed it. Made by hand and not by
/// <c>AddMassTransit</c>, which would report its use to the makers.
/// </summary>
internal sealed class EventBus : IEventChannel, IAsyncDisposable
{
    /// <summary>Longest wait for a confirmation. MassTransit tries to connect until it is told to stop; the pause after that is ours.</summary>
    private static readonly TimeSpan s_confirmMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_startAgain = TimeSpan.FromSeconds(1);

    private readonly string _id;
    private readonly IBusControl _bus;
    private readonly Uri _exchange;
    private readonly bool _requireQueue;
    private readonly TaskCompletionSource<ISendEndpoint> _endpoint = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BrokerMetrics _metrics;

    public EventBus(string id, RabbitMqPublishSettings settings, RabbitMqBrokerSettings broker, BrokerMetrics metrics, ILoggerFactory logs)
    {
        (_id, _metrics, _requireQueue) = (id, metrics, settings.RequireQueue);
        _exchange = new Uri($"exchange:{settings.Exchange}?type=topic");
        LogContext.ConfigureCurrentLogContext(logs);
        _bus = Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            bus.Host(BrokerConnections.HostOf(broker), (ushort)BrokerConnections.PortOf(broker), BrokerConnections.VirtualHostOf(broker), $"gateway publish {id}", host =>
            {
                host.PublisherConfirmation = true;
                host.OnRefreshConnectionFactory = factory =>
                {
                    BrokerConnections.Apply(broker, factory);
                    return Task.CompletedTask;
                };
            });
            bus.ClearSerialization();
            bus.AddSerializer(new RawJson(), isSerializer: true);
            bus.AddDeserializer(new RawJson(), isDefault: true);
        });
    }

    /// <summary>Whether the broker can be told anything now.</summary>
    public bool IsConnected => _endpoint.Task.IsCompletedSuccessfully && _bus.CheckHealth().Status == BusHealthStatus.Healthy;

    /// <summary>Returns once it has been connected for the first time; after that MassTransit connects again by itself.</summary>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        _metrics.Connected("publisher", _id, by: 0);
        while (true)
        {
            try
            {
                await _bus.StartAsync(cancellation);
                _endpoint.SetResult(await _bus.GetSendEndpoint(_exchange));
                _metrics.Connected("publisher", _id, by: 1);
                return;
            }
            // Of any kind: who publishes hears in time that nothing is confirmed, and no failure may end the trying.
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                await Task.Delay(s_startAgain, TimeProvider.System, cancellation);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(GatewayEvent one, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_confirmMax);
        try
        {
            var endpoint = await _endpoint.Task.WaitAsync(deadline.Token);
            await endpoint.Send(new RawEvent(WebhookPayload.Of(one)), sending => Describe(sending, one), deadline.Token);
        }
        catch (MessageReturnedException)
        {
            throw new EventChannelException($"No queue takes events of the type {one.Type}.");
        }
        // MassTransit and the client throw a dozen kinds; all of them mean that it is not known to be taken.
        catch (Exception failed) when (!cancellation.IsCancellationRequested)
        {
            throw new EventChannelException(failed is OperationCanceledException ? "The broker has confirmed nothing in 30 s." : (failed.InnerException ?? failed).Message, failed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_endpoint.Task.IsCompletedSuccessfully) return;
        _metrics.Connected("publisher", _id, by: -1);
        await _bus.StopAsync(TimeSpan.FromSeconds(5));
    }

    private void Describe(SendContext<RawEvent> sending, GatewayEvent one)
    {
        var context = sending.GetPayload<RabbitMqSendContext>();
        context.RoutingKey = one.Tenant is { } tenant ? $"{one.Type}.{tenant}" : one.Type;
        context.Mandatory = _requireQueue;
        context.Durable = true;
        // MassTransit's ids are GUIDs; ours names the event for ever.
        context.MessageId = null;
        context.BasicProperties.MessageId = one.Id;
        context.BasicProperties.Type = one.Type;
        context.BasicProperties.AppId = "gateway";
        context.BasicProperties.Timestamp = new AmqpTimestamp(one.At.ToUnixTimeSeconds());
        if (one.Tenant is not null) context.Headers.Set("tenant", one.Tenant);
        context.Headers.Set("sequence", one.Sequence);
    }
}
