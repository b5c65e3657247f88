using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;
using StackExchange.Redis;

namespace OrleansGateway.Cluster.Tls;

/// <summary>Whose certificate Redis must have.</summary>
internal static class RedisTrust
{
    /// <summary>Only these authorities, and the right name.</summary>
    public static void Trust(ConfigurationOptions redis, string pem)
    {
        var authorities = ServerTls.Authorities(pem)!;
        redis.CertificateValidation += (_, certificate, chain, errors) =>
            certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && IsOf(authorities, new X509Certificate2(certificate), chain);
    }

    private static bool IsOf(X509Certificate2Collection authorities, X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Skip(1).Select(static e => e.Certificate).ToArray());
        return chain.Build(certificate);
    }
}
