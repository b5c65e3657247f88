using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cluster.Tls;

/// <summary>A node's certificate and the authorities of the others', read: what handshakes go by.</summary>
internal sealed class NodeCertificates(ClusterTlsSettings settings)
{
    private static readonly Oid s_server = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid s_client = new("1.3.6.1.5.5.7.3.2");

    private readonly SslStreamCertificateContext _own = TlsCertificate.Read(settings.Certificate!.Reveal(), settings.Key!.Reveal()).Pair!.Context;
    private readonly X509Certificate2Collection _authorities = ServerTls.Authorities(settings.Ca!.Reveal())!;

    public ClusterTlsSettings Settings => settings;

    /// <summary>Whether they are those of these settings.</summary>
    public bool IsOf(ClusterTlsSettings other) =>
        settings.Certificate!.Reveal() == other.Certificate!.Reveal() && settings.Key!.Reveal() == other.Key!.Reveal() && settings.Ca!.Reveal() == other.Ca!.Reveal();

    /// <summary>The handshake with one who calls.</summary>
    public SslServerAuthenticationOptions ForCaller(Peer peer) => new()
    {
        ServerCertificateContext = _own,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowRenegotiation = false,
        // A resumed session brings back who was there before, whatever has changed since about who may be.
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = PolicyFor(s_client),
        RemoteCertificateValidationCallback = peer.Judge,
    };

    /// <summary>The handshake with one who is called.</summary>
    public SslClientAuthenticationOptions ForCalled(Peer peer) => new()
    {
        TargetHost = "",
        ClientCertificateContext = _own,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = PolicyFor(s_server),
        RemoteCertificateValidationCallback = peer.Judge,
    };

    private X509ChainPolicy PolicyFor(Oid purpose)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A certificate must not make us call addresses that stand in it.
            DisableCertificateDownloads = true,
            ApplicationPolicy = { purpose },
        };
        foreach (var authority in _authorities) (IsRoot(authority) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        return policy;
    }

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}

/// <summary>Who is at the other end of one handshake, and what is wrong with it.</summary>
internal sealed class Peer
{
    /// <summary>What is wrong, as half a sentence; nothing if nothing is, or it was not looked at.</summary>
    public string? Fault { get; private set; }

    /// <summary>Accepts whoever shows a certificate of the authorities, at whatever name.</summary>
    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None && certificate is not null) return true;
        var why = chain is null ? "" : string.Join(' ', chain.ChainStatus.Select(static s => s.StatusInformation.Trim()));
        Fault = certificate is null ? "it shows no certificate" : $"its certificate ({certificate.Subject}) is not one of cluster.tls.ca, or not good now: {why}";
        return false;
    }
}
