using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Tests.Listeners;

/// <summary>An authority and what it has signed, as files in a folder of its own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("certificates-");
    private readonly X509Certificate2 _authority;

    public TestCertificates(string name = "Test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _authority = request.CreateSelfSigned(From, From.AddYears(5));
        File.WriteAllText(PathOf("ca.pem"), _authority.ExportCertificatePem());
    }

    public string PathOf(string file) => Path.Combine(_folder.FullName, file);

    /// <summary>Settings of a pair written by <see cref="WriteServer"/>, for the configuration.</summary>
    public string Pair(string file) => $"{{certificate: \"file:{PathOf(file)}.pem\", key: \"file:{PathOf(file)}.key\"}}";

    /// <summary>Writes a server's certificate and key as <c>file.pem</c> and <c>file.key</c>.</summary>
    public void WriteServer(string file, params string[] names) => Write(file, "CN=server", [ServerAuthentication], alternative =>
    {
        foreach (var name in names) alternative.AddDnsName(name);
    });

    private void Write(string file, string subject, string[] uses, Action<SubjectAlternativeNameBuilder> names)
    {
        using var made = Make(subject, uses, names);
        File.WriteAllText(PathOf(file) + ".pem", made.ExportCertificatePem());
        using var key = made.GetECDsaPrivateKey()!;
        File.WriteAllText(PathOf(file) + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Writes the certificate and key of a node of a cluster, which calls and is called; answers the setting <c>cluster.tls</c>.</summary>
    public string WriteNode(string file)
    {
        Write(file, "CN=" + file, [ServerAuthentication, ClientAuthentication], alternative => alternative.AddDnsName(file));
        return $"{{certificate: \"file:{PathOf(file)}.pem\", key: \"file:{PathOf(file)}.key\", ca: \"file:{PathOf("ca.pem")}\"}}";
    }

    public X509Certificate2 MakeClient(string subject, string? dns = null, string? uri = null, TimeSpan? lifetime = null) => Make(subject, [ClientAuthentication], alternative =>
    {
        if (dns is not null) alternative.AddDnsName(dns);
        if (uri is not null) alternative.AddUri(new Uri(uri));
        if (dns is null && uri is null) alternative.AddIpAddress(IPAddress.Loopback);
    }, lifetime);

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 Make(string subject, string[] uses, Action<SubjectAlternativeNameBuilder> names, TimeSpan? lifetime = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        names(alternative);
        request.CertificateExtensions.Add(alternative.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses.Select(static use => new Oid(use))], critical: false));
        using var signed = request.Create(_authority, From, From + (lifetime ?? TimeSpan.FromDays(365)), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
