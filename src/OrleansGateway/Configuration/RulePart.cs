namespace OrleansGateway.Configuration;

/// <summary>
/// What an account of a rate limit or a budget can be for. In the order in which they stand in the names of accounts, which must never change.
/// </summary>
internal enum RulePartKind
{
    Tenant,
    Team,
    User,
    Key,
    Ip,
    Route,
    Model,
    Provider,
    Header,
    Tag,
}

/// <summary>One part of <c>per</c>, such as <c>tenant</c> or <c>header:x-app</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Name of the header, in small letters, or of the label; empty for others.</param>
internal readonly record struct RulePart(RulePartKind Kind, string Name = "")
{
    /// <summary>Names of the parts that need no more than that.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Enum.GetValues<RulePartKind>().Where(k => k is not (RulePartKind.Header or RulePartKind.Tag)).Select(k => ScalarFormat.SnakeCase(k.ToString()))];

    /// <summary>Whether clients choose its value freely, so that it is looked at in each request.</summary>
    public bool IsOfRequest => Kind is RulePartKind.Ip or RulePartKind.Header;

    public static bool TryParse(string text, out RulePart part)
    {
        part = default;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (word, name) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var isNamed = word is "header" or "tag";
        if (isNamed != name.Length > 0 || isNamed != colon >= 0 || word.Any(char.IsAsciiLetterUpper)) return false;
        if (!Enum.TryParse<RulePartKind>(word, ignoreCase: true, out var kind) || char.IsAsciiDigit(word[0])) return false;
        part = new RulePart(kind, kind == RulePartKind.Header ? name.ToLowerInvariant() : name);
        return true;
    }

    /// <summary>
    /// All parts that name an account, in their order: what belongs to a tenant is named with it, for ids of teams, users and keys say nothing by themselves.
    /// </summary>
    public static RulePart[] Whole(IEnumerable<RulePart> parts)
    {
        var all = parts.ToHashSet();
        if (all.Any(p => p.Kind == RulePartKind.User)) all.Add(new RulePart(RulePartKind.Team));
        if (all.Any(p => p.Kind is RulePartKind.Team or RulePartKind.User or RulePartKind.Key)) all.Add(new RulePart(RulePartKind.Tenant));
        return [.. all.OrderBy(p => p.Kind).ThenBy(p => p.Name, StringComparer.Ordinal)];
    }

    public override string ToString() => Name.Length == 0 ? ScalarFormat.SnakeCase(Kind.ToString()) : $"{ScalarFormat.SnakeCase(Kind.ToString())}:{Name}";
}
