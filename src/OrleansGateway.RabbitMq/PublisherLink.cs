using OrleansGateway.Configuration;
using OrleansGateway.Events;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OrleansGateway.RabbitMq;

/// <summary>Publishes what is stated, over a connection of its own: an event is taken when the broker has confirmed it.</summary>
internal sealed class PublisherLink : ILink, IEventChannel
{
    /// <summary>Longest wait for a confirmation; after it the event is published again.</summary>
    private static readonly TimeSpan s_confirmMax = TimeSpan.FromSeconds(30);

    private readonly string _id;
    private readonly RabbitMqPublishSettings _settings;
    private readonly RabbitMqBrokerSettings _broker;
    private readonly EventPublisherParts _parts;
    private readonly Reconnection _reconnection;
    private readonly EventPublisher _publisher;
    private volatile IChannel? _channel;

    public PublisherLink(string id, RabbitMqPublishSettings settings, RabbitMqBrokerSettings broker, EventPublisherParts parts)
    {
        (_id, _settings, _broker, _parts) = (id, settings, broker, parts);
        _reconnection = new Reconnection("publisher", id, broker, parts.Metrics, parts.Random, parts.Time, parts.Log);
        _publisher = new EventPublisher(id, settings, broker.RetryMax, this, parts);
    }

    /// <inheritdoc/>
    public string? Problem => _parts.Duty.Term is null ? null : _reconnection.Problem ?? (_publisher.Failure is { } failure ? "Events wait: " + failure : null);

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken cancellation)
    {
        foreach (var outcome in (string[])["confirmed", "failed"]) _parts.Metrics.Published(_id, outcome, times: 0);
        // Of a cluster one node publishes at a time.
        return _parts.Duty.RunAsync(turn => Task.WhenAll(_reconnection.RunAsync(ConnectAsync, turn), _publisher.RunAsync(turn)), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(GatewayEvent one, CancellationToken cancellation)
    {
        if (_channel is not { } channel) throw new EventChannelException(_reconnection.Problem ?? "It is not connected.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_confirmMax);
        try
        {
            // Returns when it is confirmed.
            await channel.BasicPublishAsync(_settings.Exchange, KeyOf(one), _settings.RequireQueue, PropertiesOf(one), WebhookPayload.Of(one), deadline.Token);
        }
        catch (PublishException returned) when (returned.IsReturn)
        {
            throw new EventChannelException($"No queue takes events of the type {one.Type}.");
        }
        // The client throws a dozen kinds; all of them mean that it is not known to be taken.
        catch (Exception failed)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new EventChannelException(failed is OperationCanceledException ? "The broker has confirmed nothing in 30 s." : failed.Message, failed);
        }
    }

    /// <summary>Connected until something breaks; answers what.</summary>
    private async Task<string> ConnectAsync(CancellationToken cancellation)
    {
        var factory = BrokerConnections.FactoryOf(_broker);
        await using var connection = await factory.CreateConnectionAsync($"gateway publish {_id}", cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        await channel.ExchangeDeclareAsync(_settings.Exchange, ExchangeType.Topic, durable: true, cancellationToken: cancellation);
        var broken = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            broken.TrySetResult(reason.ReplyText.Length > 0 ? reason.ReplyText : "The connection broke.");
            return Task.CompletedTask;
        };
        // What was closed before it was listened to says so here.
        if (!channel.IsOpen) return "The connection broke.";
        _channel = channel;
        _reconnection.Made();
        try
        {
            return await broken.Task.WaitAsync(cancellation);
        }
        finally
        {
            _channel = null;
        }
    }

    private static string KeyOf(GatewayEvent one) => one.Tenant is { } tenant ? $"{one.Type}.{tenant}" : one.Type;

    private static BasicProperties PropertiesOf(GatewayEvent one)
    {
        var headers = new Dictionary<string, object?> { ["sequence"] = one.Sequence };
        if (one.Tenant is { } tenant) headers["tenant"] = tenant;
        return new BasicProperties
        {
            MessageId = one.Id, Type = one.Type, AppId = "gateway", ContentType = "application/json", Persistent = true,
            Timestamp = new AmqpTimestamp(one.At.ToUnixTimeSeconds()), Headers = headers,
        };
    }
}
