using OrleansGateway.Configuration;

namespace OrleansGateway.RabbitMq;

/// <summary>What is stated for a link, as one text to compare: a reload makes new records each time, and a link must not break for it. Holds secrets; kept in memory only.</summary>
internal static class Stated
{
    public static string Of(RabbitMqBrokerSettings broker, RabbitMqQueueSettings queue) =>
        string.Join('\n', [Of(broker), queue.Source, queue.Queue, queue.Exchange, queue.Declare ? "declare" : "", queue.Prefetch.ToString(CultureInfo.InvariantCulture), .. queue.Keys]);

    public static string Of(RabbitMqBrokerSettings broker, RabbitMqPublishSettings publish) =>
        string.Join('\n', [Of(broker), publish.Exchange, publish.Tenant, publish.RequireQueue ? "queue" : "", .. publish.Events]);

    private static string Of(RabbitMqBrokerSettings broker) => string.Join('\n', [
        broker.Uri, broker.Username, broker.Password!.Reveal(), broker.Ca?.Reveal(), broker.Certificate?.Reveal(), broker.Key?.Reveal(),
        broker.Heartbeat.ToString("c"), broker.ConnectTimeout.ToString("c"), broker.RetryMax.ToString("c")]);
}
