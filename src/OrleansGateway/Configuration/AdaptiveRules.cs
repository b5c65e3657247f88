namespace OrleansGateway.Configuration;

/// <summary>Bounds that find themselves: the least, the first and the greatest in this order.</summary>
internal static class AdaptiveRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        foreach (var (id, provider) in settings.Providers) Check(provider.AdaptiveConcurrency, SettingPath.Entry("providers", id), findings);
        foreach (var (id, upstream) in settings.Upstreams) Check(upstream.AdaptiveConcurrency, SettingPath.Entry("upstreams", id), findings);
    }

    private static void Check(AdaptiveSettings? adaptive, string owner, Findings findings)
    {
        if (adaptive is null) return;
        var path = SettingPath.Field(owner, "adaptive_concurrency");
        if (adaptive.Max < adaptive.Min) findings.Report(path, "max", $"The greatest bound is below the least, which is {adaptive.Min}.");
        else if (adaptive.Initial < adaptive.Min || adaptive.Initial > adaptive.Max)
            findings.Report(path, "initial", $"The first bound must be from min to max: {adaptive.Min} to {adaptive.Max}.");
    }
}
