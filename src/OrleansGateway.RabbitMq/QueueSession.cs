using System.Threading.Channels;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OrleansGateway.RabbitMq;

/// <summary>
/// Messages of one channel, from delivery to acknowledgement. Each is handed on as it comes, in order, so that those which come together are committed together; they are acknowledged
/// in the same order, many at once where many are done. What cannot be applied at present is tried again here, unacknowledged: the broker sends no more than the prefetch meanwhile.
/// </summary>
internal sealed class QueueSession : AsyncDefaultBasicConsumer, IAsyncDisposable
{
    private static readonly TimeSpan s_againMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_againMax = TimeSpan.FromSeconds(5);

    private readonly string _id;
    private readonly string _source;
    private readonly QueueParts _parts;
    private readonly CancellationTokenSource _ending;

    // Never holds more than the prefetch.
    private readonly Channel<Delivery> _deliveries = System.Threading.Channels.Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<string> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _settling;

    public QueueSession(string id, string source, IChannel channel, QueueParts parts, CancellationToken cancellation) : base(channel)
    {
        (_id, _source, _parts) = (id, source, parts);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _settling = Task.Run(SettleAllAsync, CancellationToken.None);
    }

    /// <summary>Ends with the reason when no more will come.</summary>
    public Task<string> Broken => _broken.Task;

    /// <summary>Why messages are held up at present; none if they are not.</summary>
    public string? Problem { get; private set; }

    /// <inheritdoc/>
    public override Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        // The client takes the memory back when this returns. Of what is too long one byte more than is allowed says enough.
        var copy = body[..Math.Min(body.Length, EventMapper.BytesMax + 1)].ToArray();
        var delivery = new Delivery(deliveryTag, MessageProperties.Of(properties, routingKey), copy, _parts.Time.GetTimestamp());
        delivery.Outcome = AcceptAsync(delivery);
        // Nobody takes it in any more once the session ends.
        if (_deliveries.Writer.TryWrite(delivery)) _parts.Metrics.Waiting(_id, 1);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        _broken.TrySetResult(reason.ReplyText.Length > 0 ? reason.ReplyText : "The connection broke.");
        return base.HandleChannelShutdownAsync(channel, reason);
    }

    /// <inheritdoc/>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _broken.TrySetResult("The broker has ended the reading: the queue was deleted, or its leader has moved.");
        return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
    }

    /// <summary>Lets go of what is not done: the broker brings it again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _deliveries.Writer.TryComplete();
        await _settling;
        _ending.Dispose();
    }

    private async Task SettleAllAsync()
    {
        var reader = _deliveries.Reader;
        try
        {
            while (await reader.WaitToReadAsync(_ending.Token))
            {
                ulong done = 0;
                while (reader.TryRead(out var delivery))
                {
                    try
                    {
                        // Before waiting for one that is not done: those before it need not wait as well.
                        if (!delivery.Outcome.IsCompleted) done = await AcknowledgeAsync(done);
                        if (await SettledAsync(delivery)) done = delivery.Tag;
                        else
                        {
                            done = await AcknowledgeAsync(done);
                            await Channel.BasicRejectAsync(delivery.Tag, requeue: false, _ending.Token);
                        }

                        _parts.Metrics.Settled(_id, _parts.Time.GetElapsedTime(delivery.ReceivedAt));
                    }
                    finally
                    {
                        // Also if the connection breaks now: it comes again, and is counted anew.
                        _parts.Metrics.Waiting(_id, -1);
                    }
                }

                await AcknowledgeAsync(done);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Asked for by who disposes of it.
        }
        // The client's, of any kind: the channel is of no more use.
        catch (Exception failed)
        {
            _broken.TrySetResult(failed.Message);
        }

        await _ending.CancelAsync();
        await ForgetAsync();
    }

    /// <summary>All up to that one.</summary>
    private async ValueTask<ulong> AcknowledgeAsync(ulong tag)
    {
        if (tag > 0) await Channel.BasicAckAsync(tag, multiple: true, _ending.Token);
        return 0;
    }

    /// <summary>Waits until it is applied, or refused and kept: false then.</summary>
    private async Task<bool> SettledAsync(Delivery delivery)
    {
        var (pause, time) = (s_againMin, _parts.Time);
        while (true)
        {
            try
            {
                var outcome = await delivery.Outcome;
                Problem = null;
                _parts.Metrics.Consumed(_id, WordOf(outcome));
                return outcome.Rejected is null;
            }
            catch (InvalidationException held)
            {
                if (Problem is null) _parts.Log.Held(_id, held.Message);
                Problem = "Messages wait in the queue: " + held.Message;
                _parts.Metrics.Consumed(_id, "failed");
            }

            await Task.Delay(pause, time, _ending.Token);
            pause = pause * 2 < s_againMax ? pause * 2 : s_againMax;
            delivery.Outcome = AcceptAsync(delivery);
        }
    }

    /// <summary>Throws nothing but <see cref="InvalidationException"/> and what ends the session: a message that no one has thought of must not hold up those behind it.</summary>
    private async Task<EventOutcome> AcceptAsync(Delivery delivery)
    {
        try
        {
            return await _parts.Intake.AcceptAsync(_source, delivery.Headers, delivery.Body, onlyTenant: null, _ending.Token)
                ?? throw new InvalidationException($"The configuration states no source {_source}.");
        }
        catch (Exception failed) when (failed is not (InvalidationException or OperationCanceledException))
        {
            _parts.Log.Unexpected(failed, _id);
            var rejection = new Rejection("failed", "It met a fault of the gateway.");
            var kept = new ParkedMessage(0, _source, _parts.Time.GetUtcNow(), rejection.Code, rejection.Reason, delivery.Headers, delivery.Body, delivery.Body.Length);
            return new EventOutcome { Rejected = rejection, Parked = await _parts.Parked.ParkAsync(kept, CancellationToken.None) };
        }
    }

    /// <summary>What was under way ends by itself; nobody waits for it, and nobody may hear of its failure too late.</summary>
    private async Task ForgetAsync()
    {
        _deliveries.Writer.TryComplete();
        while (_deliveries.Reader.TryRead(out var delivery))
        {
            _parts.Metrics.Waiting(_id, -1);
            await Task.WhenAny(delivery.Outcome);
            _ = delivery.Outcome.Exception;
        }
    }

    private static string WordOf(EventOutcome outcome) =>
        outcome.Rejected is not null ? "parked" : outcome.Nothing is not null ? "nothing" : outcome.Receipt.IsRepeat ? "repeated" : "applied";

    private sealed class Delivery(ulong tag, IReadOnlyDictionary<string, string> headers, byte[] body, long receivedAt)
    {
        public ulong Tag => tag;

        public IReadOnlyDictionary<string, string> Headers => headers;

        public byte[] Body => body;

        public long ReceivedAt => receivedAt;

        public Task<EventOutcome> Outcome { get; set; } = null!;
    }
}
