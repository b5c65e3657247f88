namespace OrleansGateway.Configuration;

/// <summary>Providers: only the settings of their kind, and headers that can be sent.</summary>
internal static class ProviderRules
{
    private static readonly string[] Happenings = ["status", "cut_after_tokens", "stall_after_tokens"];

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("providers", settings.Providers.Keys, findings);
        foreach (var (id, provider) in settings.Providers)
        {
            var path = SettingPath.Entry("providers", id);
            CheckKind(provider, path, findings);
            TimeoutRules.Check(provider.Timeouts, SettingPath.Field(path, "timeouts"), findings);
            HeaderRules.Check(provider, path, findings);
            if (provider.Fake is { } fake) CheckFaults(fake, SettingPath.Field(path, "fake"), findings);
        }
    }

    private static void CheckKind(ProviderSettings provider, string path, Findings findings)
    {
        if (provider.Kind is not { } kind) return;
        if (kind == ProviderKind.Fake) Forbid("base_url", "A provider of kind fake sends nothing anywhere; take base_url out.");
        if (kind != ProviderKind.Fake) Forbid("fake", "Only a provider of kind fake may have these settings.");
        if (kind != ProviderKind.OpenAI && provider.StreamUsage != StreamUsage.Always)
        {
            findings.Report(path, "stream_usage", "Only a provider of kind openai can be told so; take stream_usage out.");
        }

        void Forbid(string field, string message)
        {
            if (findings.IsGiven(SettingPath.Field(path, field))) findings.Report(path, field, message);
        }
    }

    private static void CheckFaults(FakeSettings fake, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "faults");
        for (var i = 0; i < fake.Faults.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (findings.IsFaulty(item)) continue;
            var given = Happenings.Count(f => findings.IsGiven(SettingPath.Field(item, f)));
            var count = given == 0 ? "none is" : $"{given} are";
            if (given != 1) findings.ReportAt(item, list, $"Of status, cut_after_tokens and stall_after_tokens {count} given; give exactly one.");
            if (fake.Faults[i].RetryAfter is not null && !findings.IsGiven(SettingPath.Field(item, "status")))
            {
                findings.Report(item, "retry_after", "Only an error answer can name it; give status too, or take retry_after out.");
            }
        }
    }
}
