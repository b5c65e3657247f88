namespace OrleansGateway.Configuration;

/// <summary>Keys: each belongs to someone who exists, is given once and only once, and is long enough not to be guessed.</summary>
internal static class KeyRules
{
    private const int SecretLengthMin = 20;
    private const int MetadataNameMax = 64;
    private const int MetadataValueMax = 256;

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("keys", settings.Keys.Keys, findings);
        var seen = new Dictionary<KeyHash, string>();
        foreach (var (id, key) in settings.Keys)
        {
            var path = SettingPath.Entry("keys", id);
            if (findings.IsFaulty(path)) continue;
            CheckOwner(key.Tenant, key.Team, key.User, path, settings, findings);
            CheckSecret(key, path, seen, findings);
            NameRules.CheckPatterns(key.Models, settings.Models, path, "models", "models", findings);
            NameRules.CheckPatterns(key.Routes, settings.Routes, path, "routes", "routes", findings);
            CheckMetadata(key, SettingPath.Field(path, "metadata"), findings);
        }
    }

    /// <summary>Checks that whom a credential belongs to is there.</summary>
    public static void CheckOwner(string tenant, string? team, string? user, string path, GatewaySettings settings, Findings findings)
    {
        if (user is not null && !findings.IsGiven(SettingPath.Field(path, "team")))
        {
            findings.Report(path, "user", "A user needs the team it belongs to; add the field team.");
        }

        if (!NameRules.Exists(settings.Tenants, "tenants", tenant, path, "tenant", "tenants", findings)) return;
        var teams = SettingPath.Field(SettingPath.Entry("tenants", tenant), "teams");
        var owner = settings.Tenants[tenant];
        if (team is null || !NameRules.Exists(owner.Teams, teams, team, path, "team", "teams of the tenant", findings)) return;
        var users = SettingPath.Field(SettingPath.Entry(teams, team), "users");
        if (user is not null) NameRules.Exists(owner.Teams[team].Users, users, user, path, "user", "users of the team", findings);
    }

    private static void CheckSecret(KeySettings key, string path, Dictionary<KeyHash, string> seen, Findings findings)
    {
        var (secret, hash) = (findings.IsGiven(SettingPath.Field(path, "secret")), findings.IsGiven(SettingPath.Field(path, "hash")));
        if (secret == hash) findings.ReportAt(path, path, $"{(secret ? "Both secret and hash are" : "Neither secret nor hash is")} given; give exactly one.");

        if (key.Secret?.Reveal() is { } value && Weakness(value) is { } weakness) findings.Report(path, "secret", weakness);
        if (HashOf(key, path, findings) is { } given && !seen.TryAdd(given, path))
        {
            findings.Report(path, secret ? "secret" : "hash", $"This is the same key as {seen[given]}; each key must be different.");
        }
    }

    private static string? Weakness(string secret)
    {
        if (secret.Length < SecretLengthMin) return $"The key has {secret.Length} characters; it must have at least {SecretLengthMin}.";
        return secret.All(c => c is > ' ' and <= '~')
            ? null
            : "The key holds spaces or characters that no client can send in a header; use letters, digits and dashes.";
    }

    private static KeyHash? HashOf(KeySettings key, string path, Findings findings)
    {
        if (key.Secret is { } secret) return KeyHash.Of(secret.Reveal());
        return key.Hash is { } hex && !findings.IsFaulty(SettingPath.Field(path, "hash")) ? KeyHash.Parse(hex) : null;
    }

    private static void CheckMetadata(KeySettings key, string path, Findings findings)
    {
        foreach (var (name, value) in key.Metadata)
        {
            var entry = SettingPath.Entry(path, name);
            if (name.Length is 0 or > MetadataNameMax)
            {
                NameRules.ReportName(entry, $"A label's name has 1 to {MetadataNameMax} characters; this has {name.Length}.", findings);
            }

            if (value.Length > MetadataValueMax)
            {
                findings.ReportAt(entry, path, $"A label's value has at most {MetadataValueMax} characters; this has {value.Length}.");
            }
        }
    }
}
