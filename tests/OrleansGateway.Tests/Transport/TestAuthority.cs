using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Tests.Transport;

/// <summary>A CA of the test's own, and certificates from it.</summary>
internal sealed class TestAuthority
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly X509Certificate2 _root;
    private byte _serial;

    public TestAuthority(string name = "Test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(s_from, s_from.AddDays(30));
    }

    public string Pem => _root.ExportCertificatePem();

    /// <summary>A certificate for names and the loopback address, with its key.</summary>
    public X509Certificate2 Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (name == "localhost") names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(_root, s_from, s_from.AddDays(20), [++_serial]);
        using var withKey = bare.CopyWithPrivateKey(key);
        // Through a file format, so that TLS on all systems takes the key.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Writes a certificate and its key as files.</summary>
    public (string Certificate, string Key) Write(PemFolder folder, string name)
    {
        using var issued = Issue(name);
        using var key = issued.GetECDsaPrivateKey()!;
        return (folder.Write($"{name}.pem", issued.ExportCertificatePem()), folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
