using OrleansGateway.Configuration;
using RabbitMQ.Client;

namespace OrleansGateway.RabbitMq;

/// <summary>Exchange, queue and dead letters of a queue that is read: the names, and what is made on the broker.</summary>
internal sealed class QueueTopology(string id, RabbitMqQueueSettings settings, QueueSharing sharing)
{
    /// <summary>Dead letters that a broker keeps of each queue; the oldest go first. The gateway keeps them as well.</summary>
    private const int DeadLettersMax = 100_000;

    /// <summary>
    /// Deliveries after which the broker gives a message up. Without a number it is 20 (RabbitMQ 4.0), and every connection that breaks counts as one: a bad hour of the network would
    /// throw away what was under way.
    /// </summary>
    private const int DeliveriesMax = 1_000_000;

    public string Queue { get; } = settings.Queue ?? RabbitMqNames.Of(id);

    public string Exchange { get; } = settings.Exchange ?? RabbitMqNames.Of(id);

    public async Task DeclareAsync(IChannel channel, CancellationToken cancellation)
    {
        var dead = RabbitMqNames.DeadLettersOf(Queue);
        await channel.ExchangeDeclareAsync(RabbitMqNames.DeadLetters, ExchangeType.Direct, durable: true, cancellationToken: cancellation);
        await QueueAsync(channel, dead, new() { ["x-max-length"] = DeadLettersMax }, cancellation);
        await channel.QueueBindAsync(dead, RabbitMqNames.DeadLetters, Queue, cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true, cancellationToken: cancellation);
        await QueueAsync(channel, Queue, ArgumentsOf(), cancellation);
        foreach (var key in settings.Keys) await channel.QueueBindAsync(Queue, Exchange, key, cancellationToken: cancellation);
    }

    private Dictionary<string, object?> ArgumentsOf()
    {
        var arguments = new Dictionary<string, object?>
        {
            ["x-dead-letter-exchange"] = RabbitMqNames.DeadLetters,
            ["x-dead-letter-routing-key"] = Queue,
            // Refused ones reach the other queue before they leave this one; the broker asks for this overflow with it.
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
            ["x-delivery-limit"] = DeliveriesMax,
        };
        // Two that begin at the same moment find each other out; until then only one is given messages.
        if (!sharing.IsShared) arguments["x-single-active-consumer"] = true;
        return arguments;
    }

    private static Task<QueueDeclareOk> QueueAsync(IChannel channel, string name, Dictionary<string, object?> arguments, CancellationToken cancellation)
    {
        arguments["x-queue-type"] = "quorum";
        return channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation);
    }
}
