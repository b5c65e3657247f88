using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Configuration;

/// <summary>How a listener speaks TLS, compiled: for each name the options of a handshake, made once.</summary>
internal sealed class ServerTls
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> _byName;
    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> _byParent;
    private readonly SslServerAuthenticationOptions _default;

    /// <param name="settings">The settings, valid.</param>
    /// <param name="offered">Protocols that clients may choose from, the best first.</param>
    public ServerTls(TlsSettings settings, List<SslApplicationProtocol> offered)
    {
        var authorities = settings.ClientCa is { } ca ? Authorities(ca.Reveal()) : null;
        var byName = new Dictionary<string, SslServerAuthenticationOptions>(StringComparer.OrdinalIgnoreCase);
        var pairs = settings.Certificates.Select(p => TlsCertificate.Read(p.Certificate!.Reveal(), p.Key!.Reveal()).Pair!)
            .Select(p => (p.Names, Options: OptionsOf(p, settings, offered, authorities))).ToList();
        _default = pairs[0].Options;
        foreach (var (names, options) in pairs)
        {
            foreach (var name in names) byName.TryAdd(name, options);
        }

        _byName = byName.Where(n => !n.Key.StartsWith("*.", StringComparison.Ordinal)).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _byParent = byName.Where(n => n.Key.StartsWith("*.", StringComparison.Ordinal))
            .ToFrozenDictionary(n => n.Key[2..], n => n.Value, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Options of the handshake with a client that asks for that name: an exact name before a wildcard, which stands for one label (RFC 9525 §6.3).
    /// </summary>
    public SslServerAuthenticationOptions OptionsFor(string? name)
    {
        if (string.IsNullOrEmpty(name)) return _default;
        if (_byName.TryGetValue(name, out var exact)) return exact;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byParent.TryGetValue(name[(dot + 1)..], out var wildcard) ? wildcard : _default;
    }

    /// <summary>The authorities of client certificates in a PEM text; nothing if there is none that is its own root.</summary>
    public static X509Certificate2Collection? Authorities(string pem)
    {
        try
        {
            X509Certificate2Collection all = [];
            all.ImportFromPem(pem);
            return all.Any(IsRoot) ? all : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static SslServerAuthenticationOptions OptionsOf(
        TlsCertificate certificate, TlsSettings settings, List<SslApplicationProtocol> offered, X509Certificate2Collection? authorities)
    {
        var asks = settings.ClientCertificates != ClientCertificateMode.Off;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = settings.ProtocolMin == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = offered,
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            ClientCertificateRequired = asks,
            // A resumed session brings back who was there before, whatever has changed since about who may be.
            AllowTlsResume = !asks,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = authorities is null ? null : PolicyOf(authorities),
            RemoteCertificateValidationCallback = asks ? Judge(settings.ClientCertificates) : null,
        };
    }

    private static RemoteCertificateValidationCallback Judge(ClientCertificateMode mode) => (_, _, _, errors) =>
        errors == SslPolicyErrors.None || (mode == ClientCertificateMode.Optional && errors == SslPolicyErrors.RemoteCertificateNotAvailable);

    private static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // The client's certificate must not make us call addresses that stand in it.
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        foreach (var authority in authorities) (IsRoot(authority) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        return policy;
    }

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
