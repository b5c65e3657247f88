using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;
using RabbitMQ.Client;

namespace OrleansGateway.RabbitMq;

/// <summary>How a broker is called, as it is stated.</summary>
internal static class BrokerConnections
{
    /// <summary>
    /// Largest message that is taken off the wire: the most that a broker lets through as it comes (RabbitMQ 3.8 to 3.13; since 4.0 it is 16 MiB). A larger one would break the
    /// connection each time it is delivered, and hold up its queue for ever.
    /// </summary>
    private const uint MessageBytesMax = 134_217_728;

    private const int PortPlain = 5672, PortTls = 5671;

    private static string HostOf(RabbitMqBrokerSettings broker) => AddressOf(broker).DnsSafeHost;

    private static int PortOf(RabbitMqBrokerSettings broker) => AddressOf(broker).Port is > 0 and var port ? port : IsTls(broker) ? PortTls : PortPlain;

    private static string VirtualHostOf(RabbitMqBrokerSettings broker) =>
        AddressOf(broker).AbsolutePath is { Length: > 1 } path ? Uri.UnescapeDataString(path[1..]) : "/";

    public static ConnectionFactory FactoryOf(RabbitMqBrokerSettings broker)
    {
        var factory = new ConnectionFactory { HostName = HostOf(broker), Port = PortOf(broker), VirtualHost = VirtualHostOf(broker) };
        (factory.UserName, factory.Password) = (broker.Username, broker.Password!.Reveal());
        (factory.RequestedHeartbeat, factory.RequestedConnectionTimeout) = (broker.Heartbeat, broker.ConnectTimeout);
        (factory.SocketReadTimeout, factory.SocketWriteTimeout, factory.ContinuationTimeout) = (broker.ConnectTimeout, broker.ConnectTimeout, broker.ConnectTimeout);
        factory.MaxInboundMessageBodySize = MessageBytesMax;
        // A link that breaks is made anew from the beginning: what was not acknowledged comes again.
        (factory.AutomaticRecoveryEnabled, factory.TopologyRecoveryEnabled) = (false, false);
        if (IsTls(broker)) factory.Ssl = TlsOf(broker);
        return factory;
    }

    private static Uri AddressOf(RabbitMqBrokerSettings broker) => new(broker.Uri);

    private static bool IsTls(RabbitMqBrokerSettings broker) => AddressOf(broker).Scheme == "amqps";

    private static SslOption TlsOf(RabbitMqBrokerSettings broker)
    {
        var tls = new SslOption(HostOf(broker)) { Enabled = true, CheckCertificateRevocation = false };
        if (broker is { Certificate: { } certificate, Key: { } key }) tls.Certs = [Usable(X509Certificate2.CreateFromPem(certificate.Reveal(), key.Reveal()))];
        if (broker.Ca is { } ca && ServerTls.Authorities(ca.Reveal()) is { } authorities) tls.CertificateValidationCallback = (_, presented, chain, errors) => IsFrom(authorities, presented, chain, errors);
        return tls;
    }

    /// <summary>Through a file format, so that TLS on all systems takes the key.</summary>
    private static X509Certificate2 Usable(X509Certificate2 bare)
    {
        using (bare) return X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null);
    }

    private static bool IsFrom(X509Certificate2Collection authorities, X509Certificate? presented, X509Chain? sent, SslPolicyErrors errors)
    {
        if (presented is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Select(static e => e.Certificate).ToArray());
        // Without the system's store: what it sends must lead to one of these.
        return chain.Build(certificate);
    }
}
