namespace OrleansGateway.Configuration;

/// <summary>Client certificates: each belongs to someone who exists, is named in one way, and once.</summary>
internal static class CertificateRules
{
    private const string Ways = "fingerprint, common_name, dns and uri";

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("certificates", settings.Certificates.Keys, findings);
        var seen = new Dictionary<(string Way, string Text), string>();
        foreach (var (id, certificate) in settings.Certificates)
        {
            var path = SettingPath.Entry("certificates", id);
            if (findings.IsFaulty(path)) continue;
            CheckMatch(certificate, path, seen, findings);
            KeyRules.CheckOwner(certificate.Tenant, certificate.Team, certificate.User, path, settings, findings);
            NameRules.CheckPatterns(certificate.Models, settings.Models, path, "models", "models", findings);
            NameRules.CheckPatterns(certificate.Routes, settings.Routes, path, "routes", "routes", findings);
        }

        CheckListeners(settings, findings);
    }

    private static void CheckMatch(CertificateSettings certificate, string path, Dictionary<(string Way, string Text), string> seen, Findings findings)
    {
        (string Way, string? Text)[] ways =
        [
            ("fingerprint", certificate.Fingerprint?.ToUpperInvariant()), ("common_name", certificate.CommonName),
            ("dns", certificate.Dns?.ToLowerInvariant()), ("uri", certificate.Uri),
        ];
        var given = ways.Count(w => findings.IsGiven(SettingPath.Field(path, w.Way)));
        if (given != 1) findings.ReportAt(path, path, $"Of {Ways} {(given == 0 ? "none is" : $"{given} are")} given; give exactly one.");
        foreach (var (way, text) in ways)
        {
            if (text is "") findings.Report(path, way, "This must not be empty.");
            else if (text is not null && !seen.TryAdd((way, text), path))
                findings.Report(path, way, $"{seen[(way, text)]} means this certificate already; each may be there once.");
        }
    }

    private static void CheckListeners(GatewaySettings settings, Findings findings)
    {
        if (findings.IsFaulty("listeners") || settings.Listeners.Data.Any(l => l?.Tls is { ClientCertificates: not ClientCertificateMode.Off })) return;
        foreach (var (id, route) in settings.Routes)
        {
            if (route.Auth.Contains(CredentialKind.Certificate))
                findings.Report(SettingPath.Entry("routes", id), "auth",
                    "No listener asks for certificates; set client_certificates in the tls of one, or take certificate out.");
        }
    }
}
