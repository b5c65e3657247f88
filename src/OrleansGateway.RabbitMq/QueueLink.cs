using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Telemetry;
using RabbitMQ.Client.Exceptions;

namespace OrleansGateway.RabbitMq;

/// <summary>Reads one queue for as long as it is stated: connects, takes messages until something breaks, and comes back after a pause that doubles.</summary>
internal sealed class QueueLink(string id, RabbitMqQueueSettings settings, RabbitMqBrokerSettings broker, QueueParts parts) : ILink
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(250);

    private static readonly string[] s_outcomes = ["applied", "repeated", "nothing", "parked", "failed"];

    private readonly QueueTopology _topology = new(id, settings);
    private volatile string? _problem = "It is not connected yet.";
    private volatile QueueSession? _session;

    /// <inheritdoc/>
    public string? Problem => _problem ?? _session?.Problem;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        parts.Metrics.Connected("queue", id, by: 0);
        foreach (var outcome in s_outcomes) parts.Metrics.Consumed(id, outcome, times: 0);
        var pause = TimeSpan.Zero;
        while (true)
        {
            var began = parts.Time.GetTimestamp();
            string problem;
            try
            {
                problem = await ReadAsync(cancellation);
            }
            // Of any kind: the client throws a dozen, and none of them may end the reading of a queue.
            catch (Exception failed) when (!cancellation.IsCancellationRequested)
            {
                problem = Told(failed);
            }

            cancellation.ThrowIfCancellationRequested();
            if (_problem is null || _problem != problem) parts.Log.Broken(id, problem);
            _problem = problem;
            // What ran for a while broke for a new reason.
            pause = parts.Time.GetElapsedTime(began) > broker.RetryMax || pause == TimeSpan.Zero ? s_pauseMin : pause * 2;
            if (pause > broker.RetryMax) pause = broker.RetryMax;
            await Task.Delay(pause * (0.8 + 0.4 * parts.Random.NextDouble()), parts.Time, cancellation);
        }
    }

    /// <summary>Reads until something breaks; answers what.</summary>
    private async Task<string> ReadAsync(CancellationToken cancellation)
    {
        var factory = BrokerConnections.FactoryOf(broker);
        await using var connection = await factory.CreateConnectionAsync($"gateway queue {id}", cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        if (settings.Declare) await _topology.DeclareAsync(channel, cancellation);
        // At most so many unacknowledged: what cannot be applied stays in the queue.
        await channel.BasicQosAsync(prefetchSize: 0, (ushort)settings.Prefetch, global: false, cancellation);
        await using var session = new QueueSession(id, settings.Source, channel, parts, cancellation);
        await channel.BasicConsumeAsync(
            _topology.Queue, autoAck: false, consumerTag: "", noLocal: false, exclusive: true, arguments: null, session, cancellation);
        (_session, _problem) = (session, null);
        parts.Metrics.Connected("queue", id, by: 1);
        parts.Log.Reading(id, _topology.Queue, connection.Endpoint.HostName);
        try
        {
            return await session.Broken.WaitAsync(cancellation);
        }
        finally
        {
            _session = null;
            parts.Metrics.Connected("queue", id, by: -1);
        }
    }

    /// <summary>In words for an operator. The client wraps the broker's own words in two or three layers.</summary>
    private static string Told(Exception failed)
    {
        var inner = failed;
        while (inner is BrokerUnreachableException or AggregateException && inner.InnerException is { } cause) inner = cause;
        return inner is OperationInterruptedException { ShutdownReason.ReplyText: { Length: > 0 } text } ? text : inner.Message;
    }
}

/// <summary>What the readers of all queues use.</summary>
internal sealed record QueueParts(EventIntake Intake, IParkedMessages Parked, BrokerMetrics Metrics, Random Random, TimeProvider Time, ILogger<QueueLink> Log);

internal static partial class QueueLog
{
    [LoggerMessage(2910, LogLevel.Information, "Queue {Id}: reading {Queue} of {Host}")]
    public static partial void Reading(this ILogger log, string id, string queue, string host);

    [LoggerMessage(2911, LogLevel.Warning, "Queue {Id}: {Problem}; connecting again")]
    public static partial void Broken(this ILogger log, string id, string problem);

    [LoggerMessage(2912, LogLevel.Error, "Queue {Id}: a message cannot be applied or kept at present, and is tried again: {Problem}")]
    public static partial void Held(this ILogger log, string id, string problem);

    [LoggerMessage(2913, LogLevel.Error, "Queue {Id}: a message met a fault of ours, and was refused and kept")]
    public static partial void Unexpected(this ILogger log, Exception failed, string id);
}
