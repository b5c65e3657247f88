namespace OrleansGateway.Configuration;

/// <summary>What makes an account (<c>per</c>), whom a rule is for (<c>match</c>), and whom an override is for.</summary>
internal static class RulePartRules
{
    /// <summary>Checks <c>per</c>; answers its parts, those that are wrong left out.</summary>
    public static RulePart[] CheckPer(IReadOnlyList<string> per, string owner, bool isBudget, Findings findings)
    {
        var list = SettingPath.Field(owner, "per");
        var parts = new List<RulePart>();
        for (var i = 0; i < per.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (per[i] is not { } text) continue;
            if (ProblemOf(text, parts, isBudget, item, findings) is { } problem) findings.ReportAt(item, list, problem);
        }

        return RulePart.Whole(parts);
    }

    public static void CheckMatch(RuleMatchSettings match, GatewaySettings settings, string owner, Findings findings)
    {
        var path = SettingPath.Field(owner, "match");
        CheckNames(match, settings, path, findings);
        for (var i = 0; i < match.Methods.Count; i++)
        {
            var item = SettingPath.Item(SettingPath.Field(path, "methods"), i);
            if (match.Methods[i] is { } method && !HeaderRules.IsMethod(method))
                findings.ReportAt(item, path, $"{findings.Shown(item)} is not a method; they are in capitals, such as GET.");
        }

        var headers = SettingPath.Field(path, "headers");
        foreach (var (name, value) in match.Headers)
        {
            if (!HeaderRules.IsName(name)) NameRules.ReportName(SettingPath.Entry(headers, name), HeaderRules.NotAName(name), findings);
            CheckForm(value, SettingPath.Entry(headers, name), headers, findings);
        }

        var tags = SettingPath.Field(path, "tags");
        foreach (var (name, value) in match.Tags) CheckForm(value, SettingPath.Entry(tags, name), tags, findings);
    }

    /// <summary>An override must ask for something, and only for what names the account: who has the account cannot tell anything else.</summary>
    public static void CheckOverride(RuleMatchSettings match, RulePart[] parts, GatewaySettings settings, string owner, Findings findings)
    {
        CheckMatch(match, settings, owner, findings);
        var asked = Asked(match).ToArray();
        if (asked.Length == 0) findings.Report(owner, "match", "An override says for whom it is; add a match, such as tenants: [acme].");
        foreach (var (field, part) in asked)
        {
            if (part is { } named && parts.Contains(named)) continue;
            var cure = part is null ? "take it out" : $"add {part} to per, or take it out";
            findings.Report(SettingPath.Field(owner, "match"), field, $"An override goes by what makes an account; {cure}.");
        }
    }

    private static string? ProblemOf(string text, List<RulePart> parts, bool isBudget, string item, Findings findings)
    {
        if (!RulePart.TryParse(text, out var part))
            return $"{findings.Shown(item)} is not one of {string.Join(", ", RulePart.Names)}, header:NAME, tag:NAME.{Hint(text)}";
        if (part.Kind == RulePartKind.Header && !HeaderRules.IsName(part.Name)) return HeaderRules.NotAName(part.Name);
        if (isBudget && part.Kind is RulePartKind.Ip or RulePartKind.Header)
            return "A budget is somebody's, and whoever calls chooses this freely; take it out, or write a rate limit that counts cost.";
        if (isBudget && part.Kind == RulePartKind.Provider)
            return "A budget is held before it is known which provider answers; take it out, or write per: [model].";
        if (parts.Contains(part)) return $"{findings.Shown(item)} is given twice; take one out.";
        parts.Add(part);
        return null;
    }

    private static string Hint(string text) => Nearest.To(text, RulePart.Names) is { } near ? $" Did you mean '{near}'?" : "";

    private static void CheckNames(RuleMatchSettings match, GatewaySettings settings, string path, Findings findings)
    {
        // Tenants and keys are also made at run time, and tokens name teams and users that stand nowhere.
        CheckForms(match.Tenants, "tenants");
        CheckForms(match.Teams, "teams");
        CheckForms(match.Users, "users");
        CheckForms(match.Keys, "keys");
        NameRules.CheckPatterns(match.Models, settings.Models, path, "models", "models", findings);
        NameRules.CheckPatterns(match.Routes, settings.Routes, path, "routes", "routes", findings);
        NameRules.CheckPatterns(match.Providers, settings.Providers, path, "providers", "providers", findings);

        void CheckForms(IReadOnlyList<string> names, string field)
        {
            var list = SettingPath.Field(path, field);
            for (var i = 0; i < names.Count; i++) CheckForm(names[i], SettingPath.Item(list, i), list, findings);
        }
    }

    private static void CheckForm(string? pattern, string path, string owner, Findings findings)
    {
        if (pattern is null) return;
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (pattern.Length == 0) findings.ReportAt(path, owner, "A name must not be empty; '*' stands for all.");
        else if (star >= 0 && star < pattern.Length - 1)
            findings.ReportAt(path, owner, $"In {findings.Shown(path)} the * stands before the end; only a trailing * matches.");
    }

    /// <summary>What a match asks for: the field, and the part it is about; none for methods, which make no account.</summary>
    private static IEnumerable<(string Field, RulePart? Part)> Asked(RuleMatchSettings match)
    {
        if (match.Tenants.Count > 0) yield return ("tenants", new RulePart(RulePartKind.Tenant));
        if (match.Teams.Count > 0) yield return ("teams", new RulePart(RulePartKind.Team));
        if (match.Users.Count > 0) yield return ("users", new RulePart(RulePartKind.User));
        if (match.Keys.Count > 0) yield return ("keys", new RulePart(RulePartKind.Key));
        if (match.Models.Count > 0) yield return ("models", new RulePart(RulePartKind.Model));
        if (match.Routes.Count > 0) yield return ("routes", new RulePart(RulePartKind.Route));
        if (match.Providers.Count > 0) yield return ("providers", new RulePart(RulePartKind.Provider));
        if (match.Methods.Count > 0) yield return ("methods", null);
        foreach (var name in match.Headers.Keys) yield return ("headers", new RulePart(RulePartKind.Header, name.ToLowerInvariant()));
        foreach (var name in match.Tags.Keys) yield return ("tags", new RulePart(RulePartKind.Tag, name));
    }
}
