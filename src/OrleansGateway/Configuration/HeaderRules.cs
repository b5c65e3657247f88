namespace OrleansGateway.Configuration;

/// <summary>Headers added to requests to a provider: well formed, and not those that the gateway writes itself.</summary>
internal static class HeaderRules
{
    private const string BadValue = "The value holds a character that cannot be sent in a header (a line break?).";

    // RFC 9110 §7.6.1 (hop by hop), and those made from the request itself.
    private static readonly HashSet<string> Ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "host", "content-length", "content-type", "content-encoding", "expect",
    };

    private static readonly HashSet<string> Credentials = new(StringComparer.OrdinalIgnoreCase) { "authorization", "x-api-key", "api-key" };

    public static void Check(ProviderSettings provider, string path, Findings findings)
    {
        if (provider.ApiKey is { } key && !IsValue(key.Reveal())) findings.Report(path, "api_key", BadValue);
        Check(provider.Headers, path, hasKey: findings.IsGiven(SettingPath.Field(path, "api_key")), findings);
    }

    /// <summary>Checks the section <c>headers</c> of an owner, which may send a key besides.</summary>
    public static void Check(IReadOnlyDictionary<string, Secret> given, string owner, bool hasKey, Findings findings)
    {
        var headers = SettingPath.Field(owner, "headers");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in given)
        {
            var entry = SettingPath.Entry(headers, name);
            if (ProblemOf(name, names.Add(name), hasKey) is { } problem) NameRules.ReportName(entry, problem, findings);
            if (!IsValue(value.Reveal())) findings.ReportAt(entry, headers, BadValue);
        }
    }

    /// <summary>Checks a list of header names.</summary>
    public static void CheckNames(IReadOnlyList<string> names, string list, Findings findings)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (names[i] is { } name && !IsName(name)) findings.ReportAt(item, list, $"{findings.Shown(item)} is not a header's name; it takes letters, digits and dashes.");
        }
    }

    private static string? ProblemOf(string name, bool first, bool hasKey)
    {
        if (!IsName(name)) return $"{Findings.Quote(name)} is not a header's name; it takes letters, digits and dashes.";
        if (Ours.Contains(name)) return $"The header {name} is written by the gateway itself and cannot be set.";
        if (hasKey && Credentials.Contains(name)) return $"The header {name} cannot be set beside api_key, which is sent in one like it; give one of the two.";
        return first ? null : $"The header {name} is given twice; capitals make no difference.";
    }

    /// <summary>Whether it can be a header's name.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 128 && name.All(IsTokenCharacter);

    // RFC 9110 §5.6.2
    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    // RFC 9110 §5.5. Beyond ASCII nothing is sure to arrive as it was sent.
    private static bool IsValue(string value) => value.All(c => c is >= ' ' and <= '~' or '\t');
}
