namespace OrleansGateway.Configuration;

/// <summary>Models: names that clients can send, and targets at providers that exist, each once.</summary>
internal static class ModelRules
{
    private const string BadName = "A model's name is 1 to 200 visible ASCII characters without spaces and without *.";
    private const string BadTargetName = "A model's name is 1 to 200 visible ASCII characters without spaces.";

    public static void Check(GatewaySettings settings, Findings findings)
    {
        foreach (var (name, model) in settings.Models)
        {
            var path = SettingPath.Entry("models", name);
            if (!NameRules.IsModelName(name) || name.Contains('*')) NameRules.ReportName(path, BadName, findings);
            CheckTargets([.. model.Targets.Select(t => (t.Provider, t.Model))], "targets");
            CheckTargets([.. model.Fallbacks.Select(f => (f.Provider, f.Model))], "fallbacks");
            if (model.Timeouts is { } timeouts) TimeoutRules.Check(timeouts, SettingPath.Field(path, "timeouts"), findings);

            void CheckTargets((string Provider, string? Model)[] targets, string field)
            {
                var list = SettingPath.Field(path, field);
                for (var i = 0; i < targets.Length; i++) CheckTarget(settings, targets, i, name, list, findings);
            }
        }
    }

    private static void CheckTarget(
        GatewaySettings settings, (string Provider, string? Model)[] targets, int index, string name, string list, Findings findings)
    {
        var item = SettingPath.Item(list, index);
        if (findings.IsFaulty(item)) return;
        var (provider, model) = targets[index];
        if (model is not null && !NameRules.IsModelName(model)) findings.Report(item, "model", BadTargetName);
        if (!NameRules.Exists(settings.Providers, "providers", provider, item, "provider", "providers", findings)) return;
        var earlier = Array.FindIndex(targets, 0, index, t => t.Provider == provider && (t.Model ?? name) == (model ?? name));
        if (earlier < 0) return;
        findings.ReportAt(item, list, $"This is the same provider and model as {SettingPath.Item(list, earlier)}; take one out.");
    }
}
