namespace OrleansGateway.Configuration;

/// <summary>Sources of invalidations: organisations they may name, templates that can be read.</summary>
internal static class InvalidationRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("invalidation.sources", settings.Invalidation.Sources.Keys, findings);
        foreach (var (id, source) in settings.Invalidation.Sources)
        {
            var path = SettingPath.Entry("invalidation.sources", id);
            if (findings.IsFaulty(path)) continue;
            CheckTenants(source, path, findings);
            if (source.Tenant is { } tenant) CheckTemplate(tenant, SettingPath.Field(path, "tenant"), path, findings);
            if (source.EventId is { } eventId) CheckTemplate(eventId, SettingPath.Field(path, "event_id"), path, findings);
            if (source.Format == EventFormat.Debezium && source.Rules.Count == 0) findings.Report(path, "rules", "A row says nothing of what is cached of it: state the tags or URLs.");
            for (var i = 0; i < source.Rules.Count; i++) CheckRule(source.Rules[i], SettingPath.Item(SettingPath.Field(path, "rules"), i), findings);
        }
    }

    private static void CheckTenants(InvalidationSourceSettings source, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "tenants");
        for (var i = 0; i < source.Tenants.Count; i++)
        {
            if (source.Tenants[i] is { } name && name != "*" && !NameRules.IsId(name.EndsWith('*') ? name[..^1] : name)) findings.ReportAt(SettingPath.Item(list, i), list, NameRules.BadId);
        }
    }

    private static void CheckRule(InvalidationRuleSettings? rule, string path, Findings findings)
    {
        if (rule is null) return;
        foreach (var (name, texts) in new[] { ("tags", rule.Tags), ("urls", rule.Urls), ("prefixes", rule.Prefixes), ("hosts", rule.Hosts) })
        {
            var list = SettingPath.Field(path, name);
            for (var i = 0; i < texts.Count; i++)
            {
                if (texts[i] is { } text) CheckTemplate(text, SettingPath.Item(list, i), list, findings);
            }
        }

        if (!rule.All && rule.Tags.Count + rule.Urls.Count + rule.Prefixes.Count + rule.Hosts.Count == 0)
            findings.ReportAt(path, path, "This rule invalidates nothing: state tags, urls, prefixes, hosts or all.");
    }

    private static void CheckTemplate(string text, string path, string known, Findings findings)
    {
        if (text.Length == 0) findings.ReportAt(path, known, "Must not be empty.");
        else if (EventTemplate.Parse(text).Fault is { } fault) findings.ReportAt(path, known, fault);
    }
}
