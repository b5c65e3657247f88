using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Configuration;

/// <summary>What is to be known of a client's certificate: read once per connection, for reading it costs more than the rest of a request.</summary>
internal sealed class ClientCertificateFacts(X509Certificate2 certificate)
{
    private const string CommonNameId = "2.5.4.3";

    /// <summary>SHA-256 in capital hexadecimal digits.</summary>
    public string Fingerprint { get; } = certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>The subject's common name; none if it has none, or several, for then it is not clear which is meant.</summary>
    public string? CommonName { get; } = CommonNameOf(certificate);

    public IReadOnlyList<string> DnsNames { get; } = CertificateNames.Dns(certificate);
    public IReadOnlyList<string> Uris { get; } = CertificateNames.Uris(certificate);

    /// <summary>Instant from which it counts no more. A connection may outlive it.</summary>
    public DateTimeOffset Expires { get; } = certificate.NotAfter;

    private static string? CommonNameOf(X509Certificate2 certificate)
    {
        string[] names = [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == CommonNameId).Select(n => n.GetSingleElementValue() ?? "")];
        return names.Length == 1 ? names[0] : null;
    }
}
