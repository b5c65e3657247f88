using System.Collections.Frozen;

namespace OrleansGateway.Configuration;

/// <summary>Callers by their client certificates, compiled.</summary>
internal sealed class KnownCertificates
{
    private readonly FrozenDictionary<string, Caller> _byFingerprint;
    private readonly FrozenDictionary<string, Caller> _byCommonName;
    private readonly FrozenDictionary<string, Caller> _byDns;
    private readonly FrozenDictionary<string, Caller> _byUri;

    public KnownCertificates(IReadOnlyDictionary<string, CertificateSettings> settings)
    {
        var callers = settings.Select(c => (Settings: c.Value, Caller: CallerOf(c.Key, c.Value))).ToList();
        _byFingerprint = By(c => c.Fingerprint?.ToUpperInvariant());
        _byCommonName = By(c => c.CommonName);
        _byDns = By(c => c.Dns?.ToLowerInvariant());
        _byUri = By(c => c.Uri);

        FrozenDictionary<string, Caller> By(Func<CertificateSettings, string?> name) => callers
            .Where(c => name(c.Settings) is not null).ToFrozenDictionary(c => name(c.Settings)!, c => c.Caller, StringComparer.Ordinal);
    }

    /// <summary>The caller a certificate stands for; none if it is not known. Allocates nothing.</summary>
    public Caller? Find(ClientCertificateFacts certificate)
    {
        if (_byFingerprint.TryGetValue(certificate.Fingerprint, out var caller)) return caller;
        if (Find(_byUri, certificate.Uris) is { } byUri) return byUri;
        if (Find(_byDns, certificate.DnsNames) is { } byDns) return byDns;
        return certificate.CommonName is { } name && _byCommonName.TryGetValue(name, out caller) ? caller : null;
    }

    private static Caller? Find(FrozenDictionary<string, Caller> known, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (known.TryGetValue(names[i], out var caller)) return caller;
        }

        return null;
    }

    private static Caller CallerOf(string id, CertificateSettings certificate) => new()
    {
        KeyId = "certificate:" + id,
        Tenant = certificate.Tenant,
        Team = certificate.Team,
        User = certificate.User,
        Models = new NamePatterns(certificate.Models),
        Routes = new NamePatterns(certificate.Routes),
    };
}
