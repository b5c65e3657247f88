namespace OrleansGateway.Configuration;

/// <summary>Issuers of JWTs: one place for the keys of each, one tenant or a claim that says it, and nothing that lets a forged token in.</summary>
internal static class JwtRules
{
    private const string Places = "jwks_url, discovery and jwks";

    private static readonly string[] Asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("jwt", settings.Jwt.Keys, findings);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (id, issuer) in settings.Jwt)
        {
            var path = SettingPath.Entry("jwt", id);
            if (findings.IsFaulty(path)) continue;
            if (issuer.Issuer.Length > 0 && !seen.TryAdd(issuer.Issuer, path))
                findings.Report(path, "issuer", $"{seen[issuer.Issuer]} has this issuer already; each may be there once.");
            CheckKeys(issuer, path, findings);
            CheckAlgorithms(issuer, path, findings);
            CheckTexts(issuer.Audiences, path, "audiences", findings);
            CheckTenant(issuer, path, settings, findings);
            if (issuer.StaleMax < issuer.Refresh)
                findings.Report(path, "stale_max", $"{Duration.Write(issuer.StaleMax)} is shorter than refresh, which is {Duration.Write(issuer.Refresh)}.");
        }
    }

    private static void CheckKeys(JwtSettings issuer, string path, Findings findings)
    {
        var given = (Given("jwks_url") ? 1 : 0) + (issuer.Discovery ? 1 : 0) + (Given("jwks") ? 1 : 0);
        if (given != 1) findings.ReportAt(path, path, $"Of {Places} {(given == 0 ? "none is" : $"{given} are")} given; give exactly one.");
        if (issuer.JwksUrl is { } url) CheckUrl(url, issuer.AllowPrivate, path, "jwks_url", findings);
        if (issuer.Discovery && issuer.Issuer.Length > 0) CheckDiscovery(issuer, path, findings);
        if (issuer.Jwks is { } jwks && JwkSet.Parse(jwks.Reveal()) is (null, var problem))
            findings.Report(path, "jwks", $"The JWK set cannot be used: {problem}.");

        bool Given(string field) => findings.IsGiven(SettingPath.Field(path, field));
    }

    private static void CheckDiscovery(JwtSettings issuer, string path, Findings findings)
    {
        var isUrl = Uri.TryCreate(issuer.Issuer, UriKind.Absolute, out var url) && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0;
        if (isUrl) CheckUrl(url!, issuer.AllowPrivate, path, "issuer", findings);
        else
            findings.Report(path, "issuer",
                "With discovery the issuer must be a URL without user name, query or fragment; or give jwks_url in place of discovery.");
    }

    private static void CheckUrl(Uri url, bool allowPrivate, string path, string field, Findings findings)
    {
        if (!JwkOrigin.IsSecure(url)) findings.Report(path, field, "Keys are fetched by https only, or by http from this machine (localhost).");
        else if (IPAddress.TryParse(url.DnsSafeHost, out var address) && !url.IsLoopback && !allowPrivate && !PublicAddresses.Contain(address))
            findings.Report(path, field, "This address is a private one; set allow_private if the keys are really there.");
    }

    private static void CheckAlgorithms(JwtSettings issuer, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "algorithms");
        for (var i = 0; i < issuer.Algorithms.Count; i++)
        {
            if (issuer.Algorithms[i] is not { } name || Asymmetric.Contains(name)) continue;
            var item = SettingPath.Item(list, i);
            var why = name.StartsWith("HS", StringComparison.Ordinal) || name == "none" ? "proves nothing, for anyone could make such a token" : "is not known";
            findings.ReportAt(item, list, $"The algorithm {findings.Shown(item)} {why}; there are {string.Join(", ", Asymmetric)}.");
        }
    }

    private static void CheckTexts(IReadOnlyList<string> texts, string path, string field, Findings findings)
    {
        var list = SettingPath.Field(path, field);
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i] is "") findings.ReportAt(SettingPath.Item(list, i), list, "This must not be empty.");
        }
    }

    private static void CheckTenant(JwtSettings issuer, string path, GatewaySettings settings, Findings findings)
    {
        var stated = findings.IsGiven(SettingPath.Field(path, "tenant"));
        var claimed = findings.IsGiven(SettingPath.Field(SettingPath.Field(path, "claims"), "tenant"));
        if (stated == claimed)
            findings.ReportAt(path, path, $"{(stated ? "Both tenant and claims.tenant are" : "Neither tenant nor claims.tenant is")} given; give exactly one.");
        if (issuer.Tenant is { } tenant) NameRules.Exists(settings.Tenants, "tenants", tenant, path, "tenant", "tenants", findings);
    }
}
