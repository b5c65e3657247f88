using System.Buffers;

namespace OrleansGateway.Configuration;

/// <summary>Headers that are added or changed: well formed, and not those that the gateway writes itself.</summary>
internal static class HeaderRules
{
    private const string BadValue = "The value holds a character that cannot be sent in a header (a line break?).";

    // RFC 9110 §7.6.1 (hop by hop), and what says where a message ends (RFC 9112 §6).
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "expect",
    };

    // And those made from the request itself.
    private static readonly HashSet<string> Ours = new(Framing, StringComparer.OrdinalIgnoreCase) { "host", "content-type", "content-encoding" };

    // RFC 9110 §5.6.2
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

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

    /// <summary>Checks changes to a header that passes through: none of a field that says where a message ends or how long a connection lasts.</summary>
    public static void Check(HeaderChangeSettings changes, string owner, Findings findings)
    {
        var rename = SettingPath.Field(owner, "rename");
        CheckChanged(changes.Rename.Keys, rename, findings);
        foreach (var (old, name) in changes.Rename)
        {
            if (ProblemOf(name) is { } problem) findings.ReportAt(SettingPath.Entry(rename, old), rename, problem);
        }

        var remove = SettingPath.Field(owner, "remove");
        for (var i = 0; i < changes.Remove.Count; i++)
        {
            if (changes.Remove[i] is { } name && ProblemOf(name) is { } problem) findings.ReportAt(SettingPath.Item(remove, i), remove, problem);
        }

        CheckValues(changes.Set, SettingPath.Field(owner, "set"), findings);
        CheckValues(changes.Add, SettingPath.Field(owner, "add"), findings);
    }

    /// <summary>Checks a list of header names.</summary>
    public static void CheckNames(IReadOnlyList<string> names, string list, Findings findings)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (names[i] is { } name && !IsName(name))
                findings.ReportAt(item, list, $"{findings.Shown(item)} is not a header's name; it takes letters, digits and dashes.");
        }
    }

    public static string NotAName(string name) => $"{Findings.Quote(name)} is not a header's name; it takes letters, digits and dashes.";

    /// <summary>Whether it is a field's name, or any other token of RFC 9110 §5.6.2, of up to 128 characters.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => name.Length is > 0 and <= 128 && !name.ContainsAnyExcept(TokenCharacters);

    /// <summary>Whether it is a method's name, in capitals: names are told apart by case, and all that are registered are in capitals.</summary>
    public static bool IsMethod(string name) => IsName(name) && !name.Any(char.IsAsciiLetterLower);

    private static void CheckValues(IReadOnlyDictionary<string, Secret> given, string section, Findings findings)
    {
        CheckChanged(given.Keys, section, findings);
        foreach (var (name, value) in given)
        {
            if (!IsValue(value.Reveal())) findings.ReportAt(SettingPath.Entry(section, name), section, BadValue);
        }
    }

    private static void CheckChanged(IEnumerable<string> names, string section, Findings findings)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            var problem = ProblemOf(name) ?? (seen.Add(name) ? null : $"The header {name} is given twice; capitals make no difference.");
            if (problem is not null) NameRules.ReportName(SettingPath.Entry(section, name), problem, findings);
        }
    }

    private static string? ProblemOf(string name)
    {
        if (!IsName(name)) return NotAName(name);
        if (name.Equals("host", StringComparison.OrdinalIgnoreCase)) return "The header Host is changed by rewrite.host.";
        return Framing.Contains(name) ? $"The header {name} belongs to the connection or the framing of messages and cannot be changed." : null;
    }

    private static string? ProblemOf(string name, bool first, bool hasKey)
    {
        if (!IsName(name)) return NotAName(name);
        if (Ours.Contains(name)) return $"The header {name} is written by the gateway itself and cannot be set.";
        if (hasKey && Credentials.Contains(name)) return $"The header {name} cannot be set beside api_key, which is sent in one like it; give one of the two.";
        return first ? null : $"The header {name} is given twice; capitals make no difference.";
    }

    // RFC 9110 §5.5. Beyond ASCII nothing is sure to arrive as it was sent.
    private static bool IsValue(string value) => value.All(c => c is >= ' ' and <= '~' or '\t');
}
