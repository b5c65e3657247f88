using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>RabbitMQ: addresses that can be called, brokers and sources that there are, one reader for each queue.</summary>
internal static class RabbitMqRules
{
    /// <summary>Bytes of a routing key (AMQP 0-9-1, shortstr).</summary>
    private const int KeyBytesMax = 255;

    public static void Check(GatewaySettings settings, Findings findings)
    {
        if (settings.Rabbitmq is not { } rabbit) return;
        NameRules.CheckIds("rabbitmq.brokers", rabbit.Brokers.Keys, findings);
        NameRules.CheckIds("rabbitmq.queues", rabbit.Queues.Keys, findings);
        NameRules.CheckIds("rabbitmq.publish", rabbit.Publish.Keys, findings);
        foreach (var (id, broker) in rabbit.Brokers) CheckBroker(broker, SettingPath.Entry("rabbitmq.brokers", id), findings);
        var taken = new Dictionary<(string, string), string>();
        foreach (var (id, queue) in rabbit.Queues)
        {
            var path = SettingPath.Entry("rabbitmq.queues", id);
            if (findings.IsFaulty(path)) continue;
            NameRules.Exists(rabbit.Brokers, "rabbitmq.brokers", queue.Broker, path, "broker", "brokers", findings);
            NameRules.Exists(settings.Invalidation.Sources, "invalidation.sources", queue.Source, path, "source", "sources", findings);
            var name = queue.Queue ?? RabbitMqNames.Of(id);
            if (!taken.TryAdd((queue.Broker, name), path)) findings.Report(path, "queue", $"{taken[(queue.Broker, name)]} takes from the queue {name} of this broker already.");
            CheckKeys(queue, path, findings);
        }

        foreach (var (id, publish) in rabbit.Publish)
        {
            var path = SettingPath.Entry("rabbitmq.publish", id);
            if (findings.IsFaulty(path)) continue;
            NameRules.Exists(rabbit.Brokers, "rabbitmq.brokers", publish.Broker, path, "broker", "brokers", findings);
            EventTypeRules.Check(publish.Events, path, findings);
            if (publish.Tenant is { } tenant && !NameRules.IsId(tenant)) findings.Report(path, "tenant", NameRules.BadId);
        }
    }

    private static void CheckBroker(RabbitMqBrokerSettings broker, string path, Findings findings)
    {
        if (findings.IsFaulty(path)) return;
        if (!Uri.TryCreate(broker.Uri, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.Host.Length == 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            findings.Report(path, "uri", "An address is amqp://host:port/vhost, or amqps with TLS.");
        else if (uri.UserInfo.Length > 0) findings.Report(path, "uri", "User and password stand in the fields username and password, not in the address.");
        else if (uri.AbsolutePath.LastIndexOf('/') > 0) findings.Report(path, "uri", "The path is the name of one virtual host; a / in it is written %2f.");
        if (uri is not { Scheme: "amqps" } && (broker.Ca ?? broker.Certificate ?? broker.Key) is not null)
            findings.Report(path, "uri", "Without TLS ca, certificate and key have no effect: use amqps, or take them out.");
        if (broker.Ca is { } ca && ServerTls.Authorities(ca.Reveal()) is null) findings.Report(path, "ca", "There is no root certificate in it; it must be PEM (-----BEGIN CERTIFICATE-----).");
        if (broker.Certificate is null != broker.Key is null)
            findings.Report(path, broker.Certificate is null ? "key" : "certificate", "certificate and key belong together: give both or none.");
        else if (broker is { Certificate: { } certificate, Key: { } key } && TlsCertificate.Read(certificate.Reveal(), key.Reveal()) is { Pair: null } unread)
            findings.Report(path, unread.Field, unread.Problem);
    }

    private static void CheckKeys(RabbitMqQueueSettings queue, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "keys");
        for (var i = 0; i < queue.Keys.Count; i++)
        {
            if (queue.Keys[i] is { } key && (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > KeyBytesMax))
                findings.ReportAt(SettingPath.Item(list, i), list, $"A routing key has 1 to {KeyBytesMax} bytes.");
        }
    }
}

/// <summary>Names on the broker that follow from an id.</summary>
internal static class RabbitMqNames
{
    /// <summary>Exchange that dead letters of all queues go to; their routing key is the queue they come from.</summary>
    public const string DeadLetters = "gateway.dead";

    /// <summary>Name of the exchange and the queue of an entry that states none.</summary>
    public static string Of(string id) => "gateway.invalidation." + id;

    /// <summary>Queue with the dead letters of a queue.</summary>
    public static string DeadLettersOf(string queue) => queue + ".dead";
}
