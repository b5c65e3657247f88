using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Configuration;

/// <summary>A server's certificate with its key, read from PEM, and the names it is good for.</summary>
internal sealed class TlsCertificate
{
    private TlsCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        // Offline: no server is asked for missing links of the chain; the file is to hold them.
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        Names = CertificateNames.Dns(certificate);
    }

    public SslStreamCertificateContext Context { get; }

    /// <summary>The DNS names in it, small letters.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the pair; or says what is wrong with it, without a word of the key, and which of the two fields is to blame.</summary>
    public static (TlsCertificate? Pair, string Field, string Problem) Read(string certificate, string key)
    {
        X509Certificate2Collection all = [];
        try
        {
            all.ImportFromPem(certificate);
        }
        catch (CryptographicException)
        {
            return (null, "certificate", "The certificate cannot be read; it must be PEM (-----BEGIN CERTIFICATE-----).");
        }

        if (all.Count == 0) return (null, "certificate", "There is no certificate in it; it must be PEM (-----BEGIN CERTIFICATE-----).");
        try
        {
            var own = X509Certificate2.CreateFromPem(certificate, key);
            all.RemoveAt(0);
            return (new TlsCertificate(own, all), "", "");
        }
        // A key of another pair is an argument that does not fit to some kinds of keys.
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException)
        {
            return (null, "key", "The key cannot be used: it must be an unencrypted private key in PEM, and the one that belongs to the certificate.");
        }
    }
}
