using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Telemetry;
using RabbitMQ.Client;

namespace OrleansGateway.RabbitMq;

/// <summary>Reads one queue for as long as it is stated.</summary>
internal sealed class QueueLink(string id, RabbitMqQueueSettings settings, RabbitMqBrokerSettings broker, QueueParts parts) : ILink
{
    private static readonly string[] s_outcomes = ["applied", "repeated", "nothing", "parked", "failed"];

    private readonly QueueTopology _topology = new(id, settings, parts.Sharing);
    private readonly Reconnection _reconnection = new("queue", id, broker, parts.Metrics, parts.Random, parts.Time, parts.Log);
    private volatile QueueSession? _session;

    /// <inheritdoc/>
    public string? Problem => _reconnection.Problem ?? _session?.Problem;

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken cancellation)
    {
        foreach (var outcome in s_outcomes) parts.Metrics.Consumed(id, outcome, times: 0);
        return _reconnection.RunAsync(ReadAsync, cancellation);
    }

    /// <summary>Reads until something breaks; answers what.</summary>
    private async Task<string> ReadAsync(CancellationToken cancellation)
    {
        var factory = BrokerConnections.FactoryOf(broker);
        await using var connection = await factory.CreateConnectionAsync($"gateway queue {id}", cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        if (settings.Declare) await _topology.DeclareAsync(channel, cancellation);
        await RefuseOthersAsync(channel, others: 0, cancellation);
        // At most so many unacknowledged: what cannot be applied stays in the queue.
        await channel.BasicQosAsync(prefetchSize: 0, (ushort)settings.Prefetch, global: false, cancellation);
        await using var session = new QueueSession(id, settings.Source, channel, parts, cancellation);
        await channel.BasicConsumeAsync(_topology.Queue, autoAck: false, session, cancellation);
        await RefuseOthersAsync(channel, others: 1, cancellation);
        _session = session;
        _reconnection.Made();
        parts.Log.Reading(id, _topology.Queue, connection.Endpoint.HostName);
        try
        {
            return await session.Broken.WaitAsync(cancellation);
        }
        finally
        {
            _session = null;
        }
    }

    /// <summary>
    /// A gateway that shares its queue would see half of the messages. The broker's own means do not do: quorum queues let exclusive consumers in beside others (seen with RabbitMQ 3.10),
    /// and one that waits as a "single active consumer" is not told that it gets nothing.
    /// </summary>
    private async Task RefuseOthersAsync(IChannel channel, uint others, CancellationToken cancellation)
    {
        if (!parts.Sharing.IsShared && (await channel.QueueDeclarePassiveAsync(_topology.Queue, cancellation)).ConsumerCount > others)
            throw new InvalidOperationException($"The queue {_topology.Queue} has another reader already.");
    }
}

/// <summary>Whether other nodes read the same queues. What one of them applies is applied by all, so a message may go to any.</summary>
internal sealed record QueueSharing(bool IsShared);

/// <summary>What the readers of all queues use.</summary>
internal sealed record QueueParts(EventIntake Intake, IParkedMessages Parked, QueueSharing Sharing, BrokerMetrics Metrics, Random Random, TimeProvider Time, ILogger<QueueLink> Log);

internal static partial class QueueLog
{
    [LoggerMessage(2910, LogLevel.Information, "Queue {Id}: reading {Queue} of {Host}")]
    public static partial void Reading(this ILogger log, string id, string queue, string host);

    [LoggerMessage(2912, LogLevel.Error, "Queue {Id}: a message cannot be applied or kept at present, and is tried again: {Problem}")]
    public static partial void Held(this ILogger log, string id, string problem);

    [LoggerMessage(2913, LogLevel.Error, "Queue {Id}: a message met a fault of ours, and was refused and kept")]
    public static partial void Unexpected(this ILogger log, Exception failed, string id);
}
