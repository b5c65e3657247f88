using System.Diagnostics.Metrics;

namespace OrleansGateway.Telemetry;

/// <summary>Numbers of what comes from brokers and goes to them, on the gateway's meter. All tags are named by the operator, or one of a few words.</summary>
internal sealed class BrokerMetrics
{
    private static readonly InstrumentAdvice<double> s_applyBuckets = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
    private static readonly InstrumentAdvice<double> s_lagBuckets = new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400] };

    private readonly Counter<long> _consumed;
    private readonly Histogram<double> _applyDuration;
    private readonly UpDownCounter<long> _waiting;
    private readonly Counter<long> _published;
    private readonly Histogram<double> _publishLag;
    private readonly UpDownCounter<long> _connected;

    public BrokerMetrics(GatewayMetrics metrics)
    {
        var meter = metrics.Meter;
        _consumed = meter.CreateCounter<long>("gateway.rabbitmq.consumed", "{message}", "Messages taken from queues, by what became of them. What is retried is counted each time that it fails.");
        _applyDuration = meter.CreateHistogram("gateway.rabbitmq.apply.duration", "s", "Time from a message's receipt until it was applied, or refused and kept.", tags: null, s_applyBuckets);
        _waiting = meter.CreateUpDownCounter<long>("gateway.rabbitmq.waiting", "{message}", "Messages received and not acknowledged yet.");
        _published = meter.CreateCounter<long>("gateway.rabbitmq.published", "{event}", "Events sent to brokers, by what came of it.");
        _publishLag = meter.CreateHistogram("gateway.rabbitmq.publish.lag", "s", "Time from an event until a broker has confirmed it.", tags: null, s_lagBuckets);
        _connected = meter.CreateUpDownCounter<long>("gateway.rabbitmq.connected", "{connection}", "Queues and publishers that have a connection.");
    }

    /// <param name="queue">Id of the queue.</param>
    /// <param name="outcome"><c>applied</c>, <c>repeated</c>, <c>nothing</c>, <c>parked</c> or <c>failed</c>.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void Consumed(string queue, string outcome, int times = 1) => _consumed.Add(times, Tag("queue", queue), Tag("outcome", outcome));

    /// <param name="queue">Id of the queue.</param>
    /// <param name="duration">From its receipt.</param>
    public void Settled(string queue, TimeSpan duration) => _applyDuration.Record(duration.TotalSeconds, Tag("queue", queue));

    /// <param name="queue">Id of the queue.</param>
    /// <param name="messages">More, or fewer.</param>
    public void Waiting(string queue, int messages) => _waiting.Add(messages, Tag("queue", queue));

    /// <param name="publisher">Id of what is published.</param>
    /// <param name="outcome"><c>confirmed</c> or <c>failed</c>.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void Published(string publisher, string outcome, int times = 1) => _published.Add(times, Tag("publisher", publisher), Tag("outcome", outcome));

    /// <param name="publisher">Id of what is published.</param>
    /// <param name="lag">From the event to the confirmation.</param>
    public void PublishLag(string publisher, TimeSpan lag) => _publishLag.Record(Math.Max(0, lag.TotalSeconds), Tag("publisher", publisher));

    /// <param name="link"><c>queue</c> or <c>publisher</c>.</param>
    /// <param name="id">Its id.</param>
    /// <param name="by">1 when it is connected, -1 when it is no more, 0 to show the series.</param>
    public void Connected(string link, string id, int by) => _connected.Add(by, Tag("link", link), Tag("id", id));

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);
}
