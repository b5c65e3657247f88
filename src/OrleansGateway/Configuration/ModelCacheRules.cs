namespace OrleansGateway.Configuration;

/// <summary>Settings of <c>model_cache</c> that must fit each other.</summary>
internal static class ModelCacheRules
{
    private const int PolicyCharsMax = 64;

    public static void Check(RouteSettings route, string owner, Findings findings)
    {
        if (route.ModelCache is not { } cache) return;
        var path = SettingPath.Field(owner, "model_cache");
        if (cache.Ttl > cache.TtlMax) findings.Report(path, "ttl", "This is longer than ttl_max, the most that a call may ask for; raise that too.");
        if (cache.PolicyVersion.Length > PolicyCharsMax) findings.Report(path, "policy_version", $"This is longer than {PolicyCharsMax} characters.");
        var tags = SettingPath.Field(path, "tags");
        for (var i = 0; i < cache.Tags.Count; i++)
        {
            var item = SettingPath.Item(tags, i);
            if (cache.Tags[i] is { } tag && CacheTagTemplate.Parse(tag) is (null, var wrong)) findings.ReportAt(item, tags, $"{findings.Shown(item)} {wrong}");
        }
    }
}
